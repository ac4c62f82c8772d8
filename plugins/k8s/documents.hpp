// SPDX-License-Identifier: Apache-2.0
// Reads what an API server answers: pages of lists, frames of watches, Status objects, and the API groups. Every answer
// is validated as a whole before anything of it is used. Unknown fields are passed over.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include <sonde/result.hpp>

#include "k8s/kinds.hpp"
#include "k8s/object_facts.hpp"

namespace sonde::k8s {

// The uid by which the kubelet and the control groups know a static pod, on its object in the API, which has another.
inline constexpr std::string_view static_uid_annotation = "kubernetes.io/config.hash";

// What is kept of an object.
struct filter_settings {
    std::set<std::string, std::less<>> annotations;  // names that are kept
    std::string trace_annotation;                    // also kept
    bool keeps_environment = false;                  // values of environment variables

    [[nodiscard]] bool keeps(std::string_view annotation) const {
        return annotation == static_uid_annotation || annotations.contains(annotation);
    }
};

// A Status object: how an API server says no.
struct status_facts {
    std::int64_t code = 0;
    std::string reason;
    std::string message;
    std::int64_t retry_after_seconds = 0;
};

struct list_facts {
    std::string resource_version;
    std::string next;  // continue token; empty: this was the last page
    std::size_t items = 0;
    std::size_t malformed = 0;  // items without a name
};

enum class frame_type : std::uint8_t { added, modified, deleted, bookmark, error, unknown };

struct frame_facts {
    frame_type type = frame_type::unknown;
    std::string_view resource_version;
    const object_facts* object = nullptr;  // for added, modified and deleted
    status_facts status;                   // for error
};

class document_reader {
public:
    // Bytes that must be readable behind every text given here.
    static constexpr std::size_t padding = 64;

    explicit document_reader(filter_settings kept);
    document_reader(document_reader&&) noexcept;
    document_reader& operator=(document_reader&&) noexcept;
    ~document_reader();

    using take_object = std::function<void(const object_facts&)>;

    // Whole answers of a LIST. `take` gets each object.
    [[nodiscard]] result<list_facts> read_list(std::string_view padded, const kind_info& kind, const take_object& take);
    // One frame of a WATCH; valid until the next call of any member.
    [[nodiscard]] result<frame_facts> read_frame(std::string_view padded, const kind_info& kind);
    // One object by itself, as render() wrote it.
    [[nodiscard]] result<const object_facts*> read_object(std::string_view padded, const kind_info& kind);

    // The object as JSON without what is filtered; appended to `out`. `facts` must be valid still.
    void render(const object_facts& facts, std::string& out) const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

// Anything that is not a Status object gives code 0 and an empty text.
[[nodiscard]] status_facts read_status(std::string_view text);

// "apps/v1", "discovery.k8s.io/v1beta1": every group and version in the answer to GET /apis. Empty if it is none.
[[nodiscard]] std::set<std::string, std::less<>> read_groups(std::string_view text);

// RFC 3339 as Unix time; zero for anything else.
[[nodiscard]] std::chrono::nanoseconds parse_time(std::string_view text) noexcept;

}  // namespace sonde::k8s
