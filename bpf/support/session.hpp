// SPDX-License-Identifier: Apache-2.0
// Kernel programs that are loaded and attached, as the ladder came out. Everything is bound to this process by
// descriptors and nothing is pinned: when the object or the process ends, the kernel detaches it all.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/bpf/descriptor.hpp>
#include <sonde/bpf/ladder.hpp>
#include <sonde/bpf/map_usage.hpp>
#include <sonde/result.hpp>

namespace sonde::bpf {

class loaded_object;

struct map_size {
    std::string map;
    std::uint32_t entries;
};

// A variable of .rodata.
struct constant {
    std::string name;
    std::vector<std::byte> value;
};

template <class T>
[[nodiscard]] constant make_constant(std::string name, const T& value) {
    const auto bytes = std::as_bytes(std::span(&value, 1));
    return {std::move(name), {bytes.begin(), bytes.end()}};
}

struct load_options {
    std::span<const std::byte> object;   // ELF
    std::vector<hook> hooks{};           // those that are switched on
    std::vector<std::string> without{};  // kinds of rungs that are not to be tried
    std::vector<map_size> map_sizes{};
    std::vector<constant> constants{};
    std::vector<std::string> interfaces{};
    std::string cgroup_root{};  // mount point of cgroup v2; empty: there is none
    std::string btf_path{};     // empty: the kernel's own
};

// What the kernel says of a loaded program; times only while statistics are switched on.
struct program_usage {
    std::string program;
    std::string type;  // of the kernel's program types, e.g. "tracing"
    std::uint64_t runs = 0;
    std::uint64_t nanoseconds = 0;
    std::uint64_t missed = 0;  // runs left out because the program was running on that CPU
};

class session final {
public:
    // Tries rungs until each hook is served or has none left. Fails only for a broken object or a wrong option; what
    // the kernel refuses is in `outcomes`, and if that is everything, nothing is loaded.
    [[nodiscard]] static result<session> load(const load_options& options);
    session(session&&) noexcept;
    session& operator=(session&&) noexcept;
    ~session();

    [[nodiscard]] bool is_loaded() const noexcept { return object_ != nullptr; }
    [[nodiscard]] const std::vector<hook_outcome>& outcomes() const noexcept { return outcomes_; }
    // Null for a hook that was not switched on.
    [[nodiscard]] const hook_outcome* outcome(std::string_view hook) const noexcept;

    // Descriptor of a map, which stays the session's; -1 if there is none.
    [[nodiscard]] int map_fd(std::string_view name) const noexcept;
    // A new pass over the iterator that serves `hook`: read it to its end.
    [[nodiscard]] result<descriptor> open_iterator(std::string_view hook) const;
    [[nodiscard]] std::vector<program_usage> usage() const;
    // Of all maps that were made; without the object's own sections.
    [[nodiscard]] std::vector<map_usage> maps() const;

private:
    session();

    std::unique_ptr<loaded_object> object_;
    std::vector<hook_outcome> outcomes_;
};

// Makes the kernel measure its programs while the descriptor is held: about 20 ns a run.
[[nodiscard]] result<descriptor> measure_programs();

}  // namespace sonde::bpf
