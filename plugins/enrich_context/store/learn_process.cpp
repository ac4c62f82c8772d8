// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "common/container_id.hpp"
#include "enrich_context/store/learn.hpp"

namespace sonde::enrich_context::store {
namespace {

// Starts of one process as different sources derive them: ticks of 10 ms, cut or rounded, and the boot time sampled.
// No pid is given away again that soon.
constexpr std::uint64_t start_slack = 25'000'000;

bool is_same_start(std::uint64_t one, std::uint64_t other) noexcept {
    return one > other ? one - other <= start_slack : other - one <= start_slack;
}

// By its start; without one, who had the pid at that time.
std::uint32_t known_process(knowledge& in, text_id node, std::uint32_t pid, std::uint64_t start, std::uint64_t time) {
    return in.processes.index.find(in.hash(pid, node), [&](std::uint32_t slot) {
        const process_record& one = in.processes.table[slot];
        if (one.pid != pid || one.node != node) {
            return false;
        }
        return start != 0 ? is_same_start(one.start, start)
                          : one.start <= time && (one.ended == 0 || time <= one.ended);
    });
}

// A pid has one process at a time: the one before has ended at the latest when the next one starts.
void end_others(knowledge& in, std::uint32_t slot) {
    const process_record& process = in.processes.table[slot];
    std::uint64_t next_start = UINT64_MAX;
    std::vector<std::uint32_t> before;
    in.processes.index.each(in.hash(process.pid, process.node), [&](std::uint32_t other) {
        const process_record& one = in.processes.table[other];
        if (other == slot || one.pid != process.pid || one.node != process.node) {
            return;
        }
        if (one.start > process.start) {
            next_start = std::min(next_start, one.start);
        } else if (one.ended == 0 || one.ended > process.start) {
            before.push_back(other);
        }
    });
    for (const std::uint32_t other : before) {
        end_process(in, other, process.start);
    }
    if (next_start != UINT64_MAX) {
        end_process(in, slot, next_start);
    }
}

std::uint32_t make_process(knowledge& in, text_id node, std::uint32_t pid, std::uint64_t start) {
    if (in.processes.table.is_full()) {
        ++in.processes.evicted;
        in.forget_process(in.processes.table.victim());
    }
    const std::uint32_t slot = in.processes.table.add();
    process_record& process = in.processes.table[slot];
    process.pid = pid;
    process.node = in.texts.share(node);
    process.start = start;
    const std::uint64_t key = in.hash(pid, node);
    in.processes.index.insert(key, slot);
    in.forgotten.forgive(key);
    return slot;
}

void replace_or_fill(knowledge& in, text_id& field, std::string_view text, bool is_newer) {
    if (!text.empty() && (is_newer || field == 0)) {
        in.texts.replace(field, text);
    }
}

// Name, program and arguments change together, by exec; facts from before it are those of another program.
void take_program(knowledge& in, process_record& process, const process_facts& facts, std::uint64_t time) {
    if (time < process.exec_time) {
        return;
    }
    const bool is_newer = time >= process.facts_time;
    if (facts.is_exec) {
        process.exec_time = time;
        in.texts.replace(process.name, facts.name);
        in.texts.replace(process.executable, facts.executable);
        process.arguments = facts.arguments;
        return;
    }
    replace_or_fill(in, process.name, facts.name, is_newer);
    replace_or_fill(in, process.executable, facts.executable, is_newer);
    if (!facts.arguments.empty() && (is_newer || process.arguments.empty())) {
        process.arguments = facts.arguments;
    }
}

// One process less runs in it.
void release_container(knowledge& in, handle left) {
    container_record* const container = in.containers.table.get(left);
    if (container == nullptr || container->processes == 0) {
        return;
    }
    --container->processes;
    if (container->processes == 0) {
        judge_container(in, left.slot);
    }
}

void leave_container(knowledge& in, process_record& process) {
    if (process.ended == 0) {
        release_container(in, process.container);
    }
    process.container = {};
}

void enter_container(knowledge& in, std::uint32_t slot, std::uint32_t container) {
    process_record& process = in.processes.table[slot];
    const handle entered = in.containers.table.handle_of(container);
    if (process.container == entered || process.ended != 0) {
        process.container = entered;
        return;
    }
    leave_container(in, process);
    process.container = entered;
    ++in.containers.table[container].processes;
    judge_container(in, container);
}

void take_cgroup(knowledge& in, std::uint32_t slot, const process_facts& facts, std::uint64_t time) {
    process_record& process = in.processes.table[slot];
    const bool is_newer = time >= process.facts_time;
    const std::string_view container =
        facts.container_id.empty() ? common::container_id(facts.cgroup_path) : facts.container_id;
    const std::string derived_uid = facts.pod_uid.empty() ? common::pod_uid(facts.cgroup_path) : std::string();
    const std::string_view pod_uid = facts.pod_uid.empty() ? std::string_view(derived_uid) : facts.pod_uid;
    const bool is_outside =
        container.empty() && pod_uid.empty() && !facts.cgroup_path.empty() && !facts.is_in_pid_namespace;
    if (facts.cgroup_id != 0 && (!container.empty() || !pod_uid.empty() || is_outside)) {
        learn_cgroup(in, process.node, facts.cgroup_id, container, pod_uid);
    }
    if (!is_newer && (process.cgroup_id != 0 || process.container_id != 0 || process.is_outside)) {
        return;
    }
    const bool has_moved = facts.cgroup_id != 0 && facts.cgroup_id != process.cgroup_id;
    process.cgroup_id = facts.cgroup_id != 0 ? facts.cgroup_id : process.cgroup_id;
    if (container.empty() && !is_outside && !has_moved) {
        return;
    }
    in.texts.replace(process.container_id, container);
    in.texts.replace(process.pod_uid, pod_uid);
    process.is_outside = is_outside;
    if (container.empty()) {
        leave_container(in, process);
    } else {
        enter_container(in, slot, learn_container_cgroup(in, process.node, container, facts.cgroup_id, pod_uid));
    }
}

}  // namespace

std::uint32_t learn_process(knowledge& in, text_id node, const process_facts& facts, std::uint64_t time) {
    if (facts.pid == 0) {
        return no_slot;
    }
    std::uint32_t slot = known_process(in, node, facts.pid, facts.start, time);
    const bool is_new = slot == no_slot;
    if (is_new && facts.start == 0) {
        return no_slot;
    }
    if (is_new) {
        slot = make_process(in, node, facts.pid, facts.start);
        end_others(in, slot);
    }
    process_record& process = in.processes.table[slot];
    take_program(in, process, facts, time);
    take_cgroup(in, slot, facts, time);
    if (time >= process.facts_time) {
        process.parent = facts.parent != 0 ? facts.parent : process.parent;
        process.user = facts.user ? facts.user : process.user;
        process.facts_time = time;
    }
    process.last_seen = std::max(process.last_seen, time);
    in.refresh_process(slot, is_new);
    return slot;
}

void end_process(knowledge& in, std::uint32_t slot, std::uint64_t time) {
    process_record& process = in.processes.table[slot];
    const bool was_running = process.ended == 0;
    if (!was_running && process.ended <= time) {
        return;
    }
    process.ended = std::max(time, process.start);
    if (was_running) {
        in.processes.table.mark_deleted(slot, in.now);
        release_container(in, process.container);
    }
    in.refresh_process(slot, was_running);
}

}  // namespace sonde::enrich_context::store
