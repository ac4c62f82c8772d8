// SPDX-License-Identifier: Apache-2.0
// Which program serves which hook. A hook is something to be told of; its rungs are programs that can tell it, the best
// first. The kernel is not asked what it can do: rungs are tried, and one that it refuses is never tried again, so
// that the number of attempts is bounded by the number of rungs. Pure data and logic.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::bpf {

enum class attach_to : unsigned char {
    section,       // what the program's section names: tracepoint, function
    cgroup,        // the root of the cgroup v2 hierarchy
    cgroup_first,  // likewise, before programs that may change what is looked at, if the kernel lets one be first
    interfaces,    // network interfaces of the load options
    iterator,      // nothing: user space reads it
    map_iterator,  // likewise, over the map `rung::map`
};

struct rung {
    const char* program;
    const char* kind;           // how it attaches, for people: "tp_btf", "raw_tp", "kprobe", ...
    const char* map = nullptr;  // of a map iterator
    // Rungs of different hooks that only work together, by the name of their set: where a hook has none of them left,
    // all are refused.
    const char* set = nullptr;
};

struct hook {
    const char* name;
    std::vector<rung> rungs;
    attach_to where = attach_to::section;
};

// Why a rung is not used.
struct refusal {
    std::string program;
    std::string kind;
    std::string reason;  // one line
    std::string log;     // begin and end of what the verifier said; may be empty
};

struct hook_outcome {
    std::string hook;
    std::string program;  // empty: none, the hook is not served
    std::string kind;
    std::vector<refusal> refused;
};

class ladder final {
public:
    // Rungs of the kinds in `without` count as refused from the start.
    explicit ladder(std::vector<hook> hooks, std::span<const std::string> without = {});

    [[nodiscard]] std::size_t size() const noexcept { return hooks_.size(); }
    [[nodiscard]] const hook& at(std::size_t index) const noexcept { return hooks_[index]; }
    // The rung to try or in use; null if none is left.
    [[nodiscard]] const rung* chosen(std::size_t index) const noexcept;
    [[nodiscard]] bool is_chosen(std::string_view program) const noexcept;
    [[nodiscard]] bool has_any() const noexcept;

    // Steps down wherever `program` is chosen; false if it is nowhere.
    bool refuse(std::string_view program, const std::string& reason, const std::string& log = {});
    // Steps down everywhere to the end.
    void refuse_all(const std::string& reason);

    [[nodiscard]] std::vector<hook_outcome> outcomes() const;

private:
    struct progress {
        std::size_t next = 0;
        std::vector<refusal> refused;
    };

    void step_down(std::size_t index, std::string reason, std::string log);
    void skip_unwanted(std::size_t index);
    [[nodiscard]] bool is_broken(const rung& at) const noexcept;

    std::vector<hook> hooks_;
    std::vector<std::string> without_;
    std::vector<std::string_view> broken_sets_;
    std::vector<progress> progress_;
};

}  // namespace sonde::bpf
