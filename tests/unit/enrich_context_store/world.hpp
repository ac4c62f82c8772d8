// SPDX-License-Identifier: Apache-2.0
// A store and short ways to tell it facts, as collectors would, and to ask it; answers come back as messages.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <google/protobuf/message.h>

#include "enrich_context/store/store.hpp"
#include "sonde/v1/connection.pb.h"
#include "sonde/v1/container.pb.h"
#include "sonde/v1/entity.pb.h"
#include "sonde/v1/event.pb.h"
#include "sonde/v1/kubernetes.pb.h"
#include "sonde/v1/process.pb.h"

namespace sonde::enrich_context {

inline constexpr std::uint64_t second = 1'000'000'000;
inline constexpr std::uint64_t noon = 1'795'000'000 * second;  // a day in 2026

using labels = std::map<std::string, std::string>;

// 64 hexadecimal digits that end in the number.
[[nodiscard]] std::string container_id(unsigned number);
[[nodiscard]] std::string uid(unsigned number);
// 10.0.0.0 plus the number.
[[nodiscard]] std::string ip_text(unsigned number);
[[nodiscard]] ip_address ip(const std::string& text);

struct pod_container {
    std::string id;
    std::string name = "main";
    std::string list = "containerStatuses";
    std::string finished_at{};
    std::string previous_id{};
};

struct pod_spec {
    unsigned number = 1;  // makes its uid
    std::string name = "web-1";
    std::string name_space = "shop";
    std::string node = "node-a";
    std::string address{};
    std::uint64_t version = 1;
    std::uint64_t created = noon;
    labels marks{};
    std::vector<pod_container> containers{};
    std::string phase = "Running";
    bool is_host_network = false;
    bool is_ending = false;
    std::string owner_kind{};
    std::string owner_name{};
    std::string owner_uid{};
    std::string config_hash{};
};

struct service_spec {
    std::string name = "web";
    std::string name_space = "shop";
    unsigned number = 900;
    std::string address{};
    labels selector{};
    std::uint64_t version = 1;
    std::uint64_t created = noon - 3600 * second;
    std::string type = "ClusterIP";
    unsigned port = 80;
    unsigned node_port = 0;
    std::string external{};
};

struct found {
    v1::Context context;
    std::string key;
    reason missing = reason::none;
    bool may_improve = false;
    bool is_awaited = false;

    // Why a section is missing; REASON_UNSPECIFIED if the answer does not say so.
    [[nodiscard]] v1::Context::Missing::Reason why(v1::Context::Missing::Section section) const;
    [[nodiscard]] std::vector<std::string> service_names() const;
};

class world final {
public:
    explicit world(store_settings settings = defaults());
    [[nodiscard]] static store_settings defaults();

    // With the envelope's own fields as `like` has them.
    taken tell(const google::protobuf::Message& payload, std::uint64_t time, schema::envelope_view like = {});
    taken tell_bytes(std::string_view content_type, std::string_view bytes, std::uint64_t time);

    taken pod(const pod_spec& spec, v1::KubernetesObject::Action action, std::uint64_t time,
              v1::KubernetesObject::Origin origin = v1::KubernetesObject::ORIGIN_WATCH);
    taken pod(const pod_spec& spec, std::uint64_t time = noon) {
        return pod(spec, v1::KubernetesObject::ACTION_ADDED, time);
    }
    taken service(const service_spec& spec, std::uint64_t time = noon,
                  v1::KubernetesObject::Action action = v1::KubernetesObject::ACTION_ADDED);
    taken endpoints(const std::string& service, const std::vector<unsigned>& pods, std::uint64_t version = 1);
    taken node(const std::string& name, const std::string& address, std::uint64_t time = noon);
    taken replica_set(const std::string& name, const std::string& uid, const std::string& deployment,
                      std::uint64_t version = 1);
    taken synced(const std::string& kind, std::uint64_t count = UINT64_MAX, std::uint64_t time = noon);
    taken process(v1::ProcessEvent::Kind kind, std::uint32_t pid, std::uint64_t start, std::uint64_t time,
                  const std::string& name, const std::string& container = {}, std::uint64_t cgroup = 0,
                  const std::string& pod_uid = {});
    taken container(v1::ContainerEvent::Action action, const v1::ContainerContext& what, std::uint64_t time = noon);

    [[nodiscard]] found find(const subject& who);
    [[nodiscard]] found peer(const std::string& address, std::uint64_t time, std::uint16_t port = 80,
                             std::uint32_t network_namespace = 0);
    std::vector<v1::EntityEvent> changes();
    [[nodiscard]] std::vector<v1::EntityEvent> snapshot();

    entity_store store;
};

[[nodiscard]] v1::KubernetesObject object_of(const pod_spec& spec, v1::KubernetesObject::Action action,
                                             v1::KubernetesObject::Origin origin);

}  // namespace sonde::enrich_context
