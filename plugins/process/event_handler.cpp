// SPDX-License-Identifier: Apache-2.0
#include "process/event_handler.hpp"

namespace sonde::process {

void event_handler::handle(const kernel_event& event) {
    if (event.is_thread()) {
        return;
    }
    switch (event.kind) {
    case event_kind::fork: on_fork(event); break;
    case event_kind::exec: on_exec(event); break;
    case event_kind::exit: on_exit(event); break;
    case event_kind::comm: on_comm(event); break;
    case event_kind::uid:
    case event_kind::gid: on_ids(event); break;
    case event_kind::ack:
    case event_kind::other: break;
    }
}

// Until it executes something, a child is what its parent was: what /proc says now may already be later.
void event_handler::on_fork(const kernel_event& event) {
    process_facts& draft = store_->blank_draft(event.pid);
    const bool is_there = store_->tree().read(event.pid, depth::identity, draft);
    if (!is_there) {
        draft.parent_pid = event.parent_pid;
        draft.create_time = host_.wall(event.monotonic).count();
    }
    draft.original_parent_pid = event.parent_pid;
    bool is_described = false;
    if (const process_entry* parent = store_->find(event.parent_pid)) {
        const process_facts& from = parent->facts;
        is_described = parent->is_described;
        draft.name = from.name;
        draft.arguments = from.arguments;
        draft.arguments_truncated = from.arguments_truncated;
        draft.executable = from.executable;
        draft.user_id = from.user_id;
        draft.group_id = from.group_id;
        draft.cgroup_id = from.cgroup_id;
        draft.cgroup_path = from.cgroup_path;
        draft.container_id = from.container_id;
        draft.pod_uid = from.pod_uid;
    }
    if (process_entry* entry = keep_and_publish(schema::kind::fork, details_of(event))) {
        entry->is_described = is_described;
    }
}

void event_handler::on_exec(const kernel_event& event) {
    process_facts& draft = store_->draft_of(event.pid);
    draft.name.clear();
    draft.arguments.clear();
    draft.arguments_truncated = false;
    draft.executable.clear();
    const std::uint64_t known_start = draft.start_ticks;
    const bool is_there = store_->tree().read(event.pid, depth::full, draft);
    if (is_there && began_after(draft.start_ticks, event)) {
        // The pid belongs to somebody else by now, and nothing is left of the process but its number.
        store_->blank_draft(event.pid).start_ticks = known_start;
    }
    if (process_entry* entry = keep_and_publish(schema::kind::exec, details_of(event))) {
        entry->is_described = is_there;
    }
}

void event_handler::on_exit(const kernel_event& event) {
    const process_entry* known = store_->find(event.pid);
    if (known != nullptr && began_after(known->facts.start_ticks, event)) {
        known = nullptr;
    }
    process_facts& draft = known != nullptr ? store_->draft_of(event.pid) : store_->blank_draft(event.pid);
    last_look_.pid = event.pid;
    if (store_->tree().read(event.pid, depth::identity, last_look_) && !began_after(last_look_.start_ticks, event)) {
        // A process that ended keeps its name and CPU time until its parent has waited for it, but no memory.
        draft.user_ticks = last_look_.user_ticks;
        draft.system_ticks = last_look_.system_ticks;
        draft.start_ticks = last_look_.start_ticks;
        draft.create_time = last_look_.create_time;
        draft.session_id = last_look_.session_id;
        draft.parent_pid = last_look_.parent_pid;
        draft.name = last_look_.name;
        draft.state = last_look_.state;
    }
    if (event.parent_pid != 0) {
        draft.parent_pid = event.parent_pid;
    }
    event_details details = details_of(event);
    details.exit_code = event.exit_code();
    details.exit_signal = event.exit_signal();
    // First the table, then the news: who reads the event finds the tree as it is after it.
    if (known != nullptr) {
        store_->forget(event.pid);
    }
    store_->refresh_children(event.pid);
    store_->publish(schema::kind::exit, draft, details);
}

void event_handler::on_comm(const kernel_event& event) {
    draft_of(event).name.assign(event.name_text());
    keep_and_publish(schema::kind::comm, details_of(event));
}

void event_handler::on_ids(const kernel_event& event) {
    const bool is_user = event.kind == event_kind::uid;
    process_facts& draft = draft_of(event);
    (is_user ? draft.user_id : draft.group_id) = event.effective_id;
    event_details details = details_of(event);
    details.real_id = event.real_id;
    details.effective_id = event.effective_id;
    keep_and_publish(is_user ? schema::kind::uid : schema::kind::gid, details);
}

process_facts& event_handler::draft_of(const kernel_event& event) {
    const bool is_known = store_->find(event.pid) != nullptr;
    process_facts& draft = store_->draft_of(event.pid);
    if (!is_known && store_->tree().read(event.pid, depth::full, draft) && began_after(draft.start_ticks, event)) {
        store_->blank_draft(event.pid);
    }
    return draft;
}

process_entry* event_handler::keep_and_publish(schema::kind kind, const event_details& details) {
    process_entry* const entry = store_->keep();
    store_->publish(kind, entry != nullptr ? entry->facts : store_->draft(), details);
    if (entry != nullptr) {
        entry->is_announced = entry->is_announced || kind == schema::kind::fork || kind == schema::kind::exec;
    }
    return entry;
}

// Two ticks of slack: a start is cut to a tick, and so is the stamp of the event.
bool event_handler::began_after(std::uint64_t start_ticks, const kernel_event& event) {
    return start_ticks > store_->tree().clock().ticks_at(event.monotonic) + 2;
}

event_details event_handler::details_of(const kernel_event& event) const {
    return {.time = host_.wall(event.monotonic), .quality = clock_quality::kernel};
}

}  // namespace sonde::process
