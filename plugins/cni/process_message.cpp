// SPDX-License-Identifier: Apache-2.0
#include "cni/process_message.hpp"

#include <sonde/c/envelope.h>
#include <sonde/wire.hpp>

namespace sonde::cni {
namespace {

// Of proto/sonde/v1/process.proto; a test compares them with the descriptor.
constexpr std::uint64_t kind_exec = 1;
constexpr std::uint64_t kind_exit = 3;
enum : std::uint32_t { event_kind = 1, event_process = 2, event_exit_code = 3, event_exit_signal = 4 };
enum : std::uint32_t { process_pid = 1, process_executable = 6, process_create_time = 7, process_exec_path = 24 };
constexpr std::string_view content_type = "sonde.v1.ProcessEvent";

bool read_who(std::span<const std::uint8_t> message, process_message& into) {
    wire::reader in(message);
    while (const auto field = in.next()) {
        switch (field->number) {
        case process_pid: into.pid = static_cast<std::uint32_t>(field->value); break;
        case process_executable: into.executable = field->text(); break;
        case process_create_time: into.create_time = field->value; break;
        case process_exec_path: into.exec_path = field->text(); break;
        default: break;
        }
    }
    return !in.failed();
}

bool read_event(std::span<const std::uint8_t> message, process_message& into) {
    using enum process_message::kind;
    wire::reader in(message);
    bool is_good = true;
    while (const auto field = in.next()) {
        switch (field->number) {
        case event_kind: into.what = field->value == kind_exec ? exec : field->value == kind_exit ? exit : other; break;
        case event_process: is_good = read_who(field->bytes, into) && is_good; break;
        case event_exit_code: into.exit_code = static_cast<std::int32_t>(field->value); break;
        case event_exit_signal: into.exit_signal = static_cast<std::int32_t>(field->value); break;
        default: break;
        }
    }
    return is_good && !in.failed();
}

}  // namespace

std::optional<process_message> read_process(std::span<const std::uint8_t> envelope) {
    process_message read;
    std::span<const std::uint8_t> payload;
    bool is_process_event = false;
    wire::reader in(envelope);
    while (const auto field = in.next()) {
        if (field->number == SONDE_ENVELOPE_FIELD_CONTENT_TYPE) {
            is_process_event = field->text() == content_type;
        } else if (field->number == SONDE_ENVELOPE_FIELD_TIME) {
            read.time = std::chrono::nanoseconds(static_cast<std::int64_t>(field->value));
        } else if (field->number == SONDE_ENVELOPE_FIELD_DATA) {
            payload = field->bytes;
        }
    }
    const bool is_whole = is_process_event && !in.failed() && read_event(payload, read);
    return is_whole ? std::optional(read) : std::nullopt;
}

}  // namespace sonde::cni
