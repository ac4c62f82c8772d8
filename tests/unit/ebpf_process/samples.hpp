// SPDX-License-Identifier: Apache-2.0
// Records as the kernel side writes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include <sonde_bpf/process.h>

namespace sonde::ebpf::process {

using namespace std::string_view_literals;

// Aligned like the ring.
class record_bytes {
public:
    explicit record_bytes(std::size_t size) : words_((size + 7) / 8), size_(size) {}
    template <class T>
    void put(std::size_t at, const T& value) {
        std::memcpy(reinterpret_cast<std::byte*>(words_.data()) + at, &value, sizeof value);
    }
    void put(std::size_t at, std::string_view text) {
        std::memcpy(reinterpret_cast<std::byte*>(words_.data()) + at, text.data(), text.size());
    }
    [[nodiscard]] std::span<const std::byte> all() const {
        return {reinterpret_cast<const std::byte*>(words_.data()), size_};
    }

private:
    std::vector<std::uint64_t> words_;
    std::size_t size_;
};

inline sonde_process sample_process() {
    sonde_process process{};
    process.start_time = 5'000'000'000;
    process.pid = process.tid = 4321;
    process.parent_pid = 77;
    process.user_id = 1000;
    process.network_namespace = 4026531840;
    std::memcpy(process.name, "worker", 7);
    return process;
}

inline record_bytes sample_exec() {
    constexpr auto filename = "./run\0"sv;
    constexpr auto executable = "worker\0bin\0usr\0"sv;
    constexpr auto directory = "data\0srv\0"sv;
    constexpr auto args = "worker\0\0--all\0"sv;
    sonde_process_exec exec{};
    exec.process = sample_process();
    exec.filename_size = filename.size();
    exec.executable_size = executable.size();
    exec.directory_size = directory.size();
    exec.args_size = args.size();
    const std::size_t size = sizeof exec + filename.size() + executable.size() + directory.size() + args.size();
    exec.event = {1'000, SONDE_EVENT_EXEC, static_cast<std::uint32_t>(size)};
    record_bytes bytes(size);
    bytes.put(0, exec);
    std::size_t at = sizeof exec;
    for (const std::string_view text : {filename, executable, directory, args}) {
        bytes.put(at, text);
        at += text.size();
    }
    return bytes;
}

}  // namespace sonde::ebpf::process
