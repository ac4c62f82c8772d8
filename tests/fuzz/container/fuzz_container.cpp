// SPDX-License-Identifier: Apache-2.0
// Any bytes as an answer of a runtime, as one of its files and as the path of a control group; the first byte says as
// which. Whatever is taken stays within what was given, and the table merges it without contradiction to its own rules.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "container/annotations.hpp"
#include "container/cgroup_path.hpp"
#include "container/containerd_messages.hpp"
#include "container/cri_messages.hpp"
#include "container/state_files.hpp"
#include "container/table.hpp"

namespace {

using namespace sonde::container;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

// What was read goes the way that everything goes, and is merged with itself from another source.
void merge(container_facts facts) {
    std::size_t changes = 0;
    table all(2, {"tier"}, [&](auto, const container_row& row) {
        ++changes;
        require(row.facts.labels.size() <= facts.labels.size());
        require(row.facts.ip_addresses.size() <= facts.ip_addresses.size());
    });
    all.tell({source::cgroup, 0}, facts);
    require(changes == 1);
    all.tell({source::cri, 0}, facts);
    require(all.find(facts.id)->contradictions.empty());
    all.end(facts.id, facts.init_pid, 1, 0);
    all.forget({source::cri, 0}, facts.id);
    all.forget({source::cgroup, 0}, facts.id);
    require(all.size() == 0);
}

void read_messages(std::uint8_t kind, cri::bytes message) {
    std::vector<container_facts> list;
    std::vector<containerd::listed_container> listed;
    std::vector<std::string> names;
    container_facts facts;
    std::string info;
    cri::event event;
    cri::version version;
    containerd::event other;
    switch (kind) {
    case 0: static_cast<void>(cri::read_containers(message, list)); break;
    case 1: static_cast<void>(cri::read_sandboxes(message, list)); break;
    case 2: static_cast<void>(cri::read_container_status(message, facts, info)); break;
    case 3: static_cast<void>(cri::read_sandbox_status(message, facts, info)); break;
    case 4: static_cast<void>(cri::read_event(message, event)); break;
    case 5: static_cast<void>(cri::read_version(message, version)); break;
    case 6: static_cast<void>(containerd::read_containers(message, listed)); break;
    case 7: static_cast<void>(containerd::read_tasks(message, list)); break;
    case 8: static_cast<void>(containerd::read_event(message, other)); break;
    default: static_cast<void>(containerd::read_namespaces(message, names)); break;
    }
    require(info.size() <= message.size() && names.size() <= message.size());
    merge(std::move(facts));
    for (container_facts& each : list) {
        merge(std::move(each));
    }
    for (auto& each : listed) {
        merge(std::move(each.facts));
    }
}

void read_files(std::uint8_t kind, std::string_view text) {
    static state_file_reader reader;
    container_facts facts;
    std::string bundle;
    std::vector<std::string> ids;
    docker_engine engine;
    docker_told told;
    switch (kind) {
    case 10: static_cast<void>(reader.runc_state(text, facts, bundle)); break;
    case 11: static_cast<void>(reader.crun_status(text, facts, bundle)); break;
    case 12: static_cast<void>(reader.oci_config(text, facts)); break;
    case 13: static_cast<void>(reader.docker_config(text, facts)); break;
    case 14: static_cast<void>(reader.storage_list(text, facts)); break;
    case 15: static_cast<void>(reader.docker_ids(text, ids)); break;
    case 16: static_cast<void>(reader.docker_version(text, engine)); break;
    case 17: static_cast<void>(reader.docker_event(text, told)); break;
    case 18: static_cast<void>(reader.runtime_pid(text)); break;
    case 19: take_image(facts, text); break;
    case 20: static_cast<void>(unix_time(text)); break;
    default: facts = container_of_cgroup(text); break;
    }
    for (const std::string& each : facts.ip_addresses) {
        require(each.size() == 4 || each.size() == 16);
    }
    merge(std::move(facts));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    constexpr std::uint8_t kinds = 22;
    constexpr std::uint8_t first_file = 10;
    const std::uint8_t kind = data[0] % kinds;
    const cri::bytes rest(data + 1, size - 1);
    if (kind < first_file) {
        read_messages(kind, rest);
    } else {
        read_files(kind, {reinterpret_cast<const char*>(rest.data()), rest.size()});
    }
    return 0;
}
