// SPDX-License-Identifier: Apache-2.0
// Turns each message of the kernel into an event of a process: reads what the message leaves out from /proc at once,
// and takes the rest from what is known. Used by the data thread.
#pragma once

#include <sonde/host.hpp>

#include "process/proc_event.hpp"
#include "process/process_store.hpp"

namespace sonde::process {

class event_handler {
public:
    event_handler(const host& on, process_store& store) : host_(on), store_(&store) {}

    void handle(const kernel_event& event);

private:
    void on_fork(const kernel_event& event);
    void on_exec(const kernel_event& event);
    void on_exit(const kernel_event& event);
    void on_comm(const kernel_event& event);
    void on_ids(const kernel_event& event);

    // What is known of the event's process, read from /proc if it is new.
    process_facts& draft_of(const kernel_event& event);
    process_entry* keep_and_publish(schema::kind kind, const event_details& details);
    [[nodiscard]] bool began_after(std::uint64_t start_ticks, const kernel_event& event);
    [[nodiscard]] event_details details_of(const kernel_event& event) const;

    host host_;
    process_store* store_;
    process_facts last_look_;
};

}  // namespace sonde::process
