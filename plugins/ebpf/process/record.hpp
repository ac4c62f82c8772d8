// SPDX-License-Identifier: Apache-2.0
// Records of process.h as typed views, checked against their size. Pure functions; the views point into the record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <sonde_bpf/process.h>

namespace sonde::ebpf::process {

// A record of fixed size; null if there are fewer bytes. Records in the ring are aligned to 8 bytes.
template <class Record>
[[nodiscard]] const Record* as(std::span<const std::byte> bytes) noexcept {
    return bytes.size() < sizeof(Record) ? nullptr : reinterpret_cast<const Record*>(bytes.data());
}

// SONDE_EVENT_EXEC or SONDE_EVENT_PROCESS with its texts.
struct exec_view {
    const sonde_process_exec* record = nullptr;
    std::string_view filename;
    std::string_view executable;  // components, see process.h
    std::string_view directory;
    std::string_view args;  // each with its NUL, the last perhaps without
};
// Nothing if the sizes of the texts do not fit the record.
[[nodiscard]] std::optional<exec_view> parse_exec(std::span<const std::byte> bytes) noexcept;

// The path of components that are written innermost first: "c\0b\0" is "/b/c". Nothing at all is "/".
void append_path(std::string& out, std::string_view components);

// The text of a fixed array, up to its NUL if there is one.
template <std::size_t Size>
[[nodiscard]] std::string_view text_of(const char (&array)[Size]) noexcept {
    const std::string_view all(array, Size);
    return all.substr(0, all.find('\0'));
}

struct cpu_times {
    std::uint64_t user;  // ns
    std::uint64_t system;
};
// As the kernel tells them in times(2): the exact run time, divided in the proportion of the sampled times.
[[nodiscard]] cpu_times scale(const sonde_process_times& times) noexcept;

// The letter of proc(5) for the bits of a task's state; of what is no state of its own, 'S'.
[[nodiscard]] char state_letter(std::uint32_t state) noexcept;

}  // namespace sonde::ebpf::process
