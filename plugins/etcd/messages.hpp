// SPDX-License-Identifier: Apache-2.0
// Messages of etcd's own interface, version 3 (api/etcdserverpb/rpc.proto and api/mvccpb/kv.proto of etcd): only what
// is used. Malformed bytes give false, never more than was there; views point into the message.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/wire.hpp>

#include "etcd/key_range.hpp"

namespace sonde::etcd {

using bytes = std::span<const std::uint8_t>;

inline constexpr std::string_view watch_method = "/etcdserverpb.Watch/Watch";
inline constexpr std::string_view range_method = "/etcdserverpb.KV/Range";
inline constexpr std::string_view authenticate_method = "/etcdserverpb.Auth/Authenticate";
inline constexpr std::string_view status_method = "/etcdserverpb.Maintenance/Status";
inline constexpr std::string_view members_method = "/etcdserverpb.Cluster/MemberList";

struct response_header {
    std::uint64_t cluster_id = 0;
    std::uint64_t member_id = 0;
    std::uint64_t revision = 0;
};

struct key_value {
    std::string_view key;
    std::uint64_t create_revision = 0;
    std::uint64_t mod_revision = 0;
    std::uint64_t version = 0;
    std::uint64_t lease = 0;
    std::string_view value;
};

struct key_event {
    bool is_delete = false;
    key_value now;
    std::optional<key_value> previous;
};

// A response of the watch without its events, which are read one by one.
struct watch_response {
    response_header header;
    std::int64_t watch_id = 0;
    bool is_created = false;
    bool is_canceled = false;
    bool has_more_fragments = false;
    std::uint64_t compact_revision = 0;
    std::string_view cancel_reason;
    std::size_t events = 0;
};
[[nodiscard]] bool read_watch_response(bytes message, watch_response& to);

// Walks the events of a watch response.
class event_reader {
public:
    explicit event_reader(bytes response) noexcept : fields_(response) {}
    // Leaves out the next `count`.
    void skip(std::size_t count);
    // False at the end. An event that makes no sense has an empty key.
    [[nodiscard]] bool next(key_event& to);

private:
    wire::reader fields_;
};

struct range_page {
    response_header header;
    std::vector<key_value> pairs;
    bool has_more = false;
};
[[nodiscard]] bool read_range(bytes message, range_page& to);

struct member_status {
    response_header header;
    std::string version;
    std::uint64_t db_size = 0;
    std::uint64_t db_size_in_use = 0;
    std::uint64_t db_quota = 0;
    std::uint64_t leader_id = 0;
    std::uint64_t raft_term = 0;
    std::uint64_t raft_index = 0;
    std::uint64_t raft_applied_index = 0;
    std::vector<std::string> errors;
    bool is_learner = false;
};
[[nodiscard]] bool read_status(bytes message, member_status& to);

struct member {
    std::uint64_t id = 0;
    std::string name;
    std::vector<std::string> client_urls;
    bool is_learner = false;
};
[[nodiscard]] bool read_members(bytes message, std::vector<member>& to);

// Empty if the answer has none.
[[nodiscard]] std::string read_token(bytes message);

struct watch_create {
    std::int64_t id = 0;
    std::uint64_t start_revision = 0;
    bool wants_previous = false;
};
[[nodiscard]] std::string watch_request(const key_range& of, const watch_create& how);

struct range_query {
    std::uint64_t revision = 0;  // 0: the newest
    std::uint64_t limit = 0;
    bool is_keys_only = false;
};
[[nodiscard]] std::string range_request(std::string_view begin, std::string_view end, const range_query& how);

[[nodiscard]] std::string authenticate_request(std::string_view user, std::string_view password);

}  // namespace sonde::etcd
