// SPDX-License-Identifier: Apache-2.0
// Entity events as a source makes them, and a listener that writes down what it is told.
#pragma once

#include <string>
#include <vector>

#include "common/entity_client/mirror.hpp"
#include "sonde/v1/entity.pb.h"
#include "sonde/v1/entity_service.pb.h"

namespace sonde::common::entities {

inline std::span<const std::uint8_t> bytes(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline v1::EntityEvent pod(const std::string& uid, const std::string& phase = "Running", std::uint64_t revision = 1) {
    v1::EntityEvent event;
    event.set_action(v1::EntityEvent::ACTION_SET);
    event.set_kind(v1::ENTITY_KIND_POD);
    event.set_key("pod:" + uid);
    event.set_revision(revision);
    event.mutable_pod()->set_uid(uid);
    event.mutable_pod()->set_phase(phase);
    return event;
}

inline v1::EntityEvent process(std::uint32_t pid, std::uint64_t created, const std::string& name = "sh") {
    v1::EntityEvent event;
    event.set_action(v1::EntityEvent::ACTION_SET);
    event.set_kind(v1::ENTITY_KIND_PROCESS);
    event.set_key("process:host-a/" + std::to_string(pid) + "/" + std::to_string(created));
    event.set_revision(1);
    event.mutable_process()->set_pid(pid);
    event.mutable_process()->set_create_time_unix_nano(created);
    event.mutable_process()->set_name(name);
    return event;
}

inline v1::EntityEvent deleted(v1::EntityEvent event) {
    event.set_action(v1::EntityEvent::ACTION_DELETED);
    return event;
}

inline entity_event parsed(const v1::EntityEvent& event) {
    return parse_event(bytes(event.SerializeAsString())).value_or(entity_event{});
}

inline std::string response_of(const std::vector<v1::EntityEvent>& events, bool is_complete) {
    v1::EntityStreamResponse response;
    for (const auto& each : events) {
        *response.add_events() = each;
    }
    response.set_initial_snapshot_complete(is_complete);
    return response.SerializeAsString();
}

// "set pod:1", "unset pod:1", "synced"
class told final : public entity_listener {
public:
    std::vector<std::string> lines;
    void on_set(const entity_event& entity) override { lines.push_back("set " + entity.key); }
    void on_unset(const entity_event& entity) override { lines.push_back("unset " + entity.key); }
    void on_synced() override { lines.emplace_back("synced"); }
    std::vector<std::string> take() { return std::exchange(lines, {}); }
};

}  // namespace sonde::common::entities
