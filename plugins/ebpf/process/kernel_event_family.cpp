// SPDX-License-Identifier: Apache-2.0
#include "ebpf/process/kernel_event_family.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <sonde_bpf/send.h>

#include "ebpf/process/kernel_event_schema.hpp"

namespace sonde::ebpf::process {
namespace {

namespace schema = kernel_schema;

bool publish_oom_kill(const host& on, const stream& to, process_writer& writer, const sonde_event& event,
                      std::span<const std::byte> bytes) {
    const auto* const record = as<sonde_oom_kill>(bytes);
    if (record == nullptr) {
        return false;
    }
    const auto page_size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    writer.look_up(record->process);
    publish_event(on, to, event, schema::oom_kill_type, schema::revision, [&](envelope_writer& envelope, auto&& data) {
        writer.identify(envelope, record->process);
        data([&](wire::writer& out) {
            out.message(schema::victim, [&] { writer.write(out, record->process); });
            if (record->is_complete == 0) {
                return;
            }
            out.uint(schema::memory_virtual, record->virtual_pages * page_size);
            out.uint(schema::memory_anonymous, record->anonymous_pages * page_size);
            out.uint(schema::memory_file, record->file_pages * page_size);
            out.uint(schema::memory_shared, record->shared_pages * page_size);
            out.sint(schema::score_adjustment, record->score_adjustment);
        });
    });
    return true;
}

bool publish_signal(const host& on, const stream& to, process_writer& writer, const sonde_event& event,
                    std::span<const std::byte> bytes) {
    const auto* const record = as<sonde_signal>(bytes);
    if (record == nullptr) {
        return false;
    }
    writer.look_up(record->process);
    publish_event(on, to, event, schema::signal_type, schema::revision, [&](envelope_writer& envelope, auto&& data) {
        writer.identify(envelope, record->process);
        data([&](wire::writer& out) {
            out.message(schema::receiver, [&] { writer.write(out, record->process); });
            out.uint_if(schema::number, static_cast<std::uint32_t>(record->number));
            out.sint(schema::code, record->code);
            out.uint_if(schema::sender_pid, record->sender_pid);
            writer.write_text(out, schema::sender_name, text_of(record->sender_name));
            out.uint_if(schema::result, record->result);
        });
    });
    return true;
}

bool publish_send(const host& on, const stream& to, process_writer& writer, const sonde_event& event,
                  std::span<const std::byte> bytes) {
    const auto* const record = as<sonde_send>(bytes);
    if (record == nullptr) {
        return false;
    }
    const std::size_t address_size = record->family == AF_INET ? 4 : 16;
    publish_event(on, to, event, schema::send_type, schema::revision, [&](envelope_writer& envelope, auto&& data) {
        envelope.process(record->pid, {}).cgroup(record->cgroup_id);
        data([&](wire::writer& out) {
            out.uint_if(schema::bytes, record->bytes);
            out.bytes(schema::local_address, std::span(record->local_address).first(address_size));
            out.uint_if(schema::local_port, record->local_port);
            out.bytes(schema::remote_address, std::span(record->remote_address).first(address_size));
            out.uint_if(schema::remote_port, record->remote_port);
            out.uint_if(schema::tid, record->tid);
            writer.write_text(out, schema::name, text_of(record->name));
        });
    });
    return true;
}

}  // namespace

result<void> kernel_event_family::open(const bpf::session&) {
    auto opened = open_stream(host_, what_.topic);
    if (!opened) {
        return std::unexpected(opened.error());
    }
    stream_ = *opened;
    return {};
}

void kernel_event_family::on_lost(std::uint32_t, std::uint64_t count) {
    stream_.drop(count, 0, drop_reason::kernel_ring_full);
}

kernel_event_family::description oom_kills() {
    return {oom_topic,
            {SONDE_EVENT_OOM_KILL, "oom_kill"},
            {{"oom.kill", {{"oom_kill", "tp_btf"}, {"oom_kill_pid", "tp_btf"}}}},
            &publish_oom_kill};
}

kernel_event_family::description signals() {
    return {signal_topic,
            {SONDE_EVENT_SIGNAL, "signal"},
            {{"signal.generate", {{"signal_generate", "tp_btf"}, {"signal_generate_raw", "raw_tp"}}}},
            &publish_signal};
}

kernel_event_family::description tcp_sends() {
    return {send_topic,
            {SONDE_EVENT_SEND, "send"},
            {{"send.tcp", {{"send_tcp", "fentry"}, {"send_tcp_kprobe", "kprobe"}}}},
            &publish_send};
}

}  // namespace sonde::ebpf::process
