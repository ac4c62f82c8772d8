// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/load_log.hpp"

#include <algorithm>
#include <array>

namespace sonde::bpf {
namespace {

constexpr std::string_view program_mark = "prog '";
constexpr std::string_view map_mark = "map '";
constexpr std::string_view log_begin = "-- BEGIN PROG LOAD LOG --\n";
constexpr std::string_view log_end = "-- END PROG LOAD LOG --";
constexpr std::size_t head_kept = 400;
constexpr std::size_t tail_kept = 1600;

// The text between the last `mark` before `before` and the quote after it.
std::optional<std::string_view> quoted(std::string_view log, std::string_view mark,
                                       std::size_t before = std::string_view::npos) noexcept {
    const std::size_t at = log.rfind(mark, before);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view rest = log.substr(at + mark.size());
    const std::size_t end = rest.find('\'');
    return end == std::string_view::npos ? std::nullopt : std::optional(rest.substr(0, end));
}

std::string_view between_marks(std::string_view log) noexcept {
    const std::size_t begin = log.rfind(log_begin);
    if (begin == std::string_view::npos) {
        return {};
    }
    const std::string_view rest = log.substr(begin + log_begin.size());
    return rest.substr(0, rest.find(log_end));
}

std::string_view last_line(std::string_view text) noexcept {
    while (text.ends_with('\n')) {
        text.remove_suffix(1);
    }
    const std::size_t at = text.rfind('\n');
    return at == std::string_view::npos ? text : text.substr(at + 1);
}

// The verifier ends with statistics; the line before says what it did not like.
std::string_view last_word(std::string_view verifier) noexcept {
    std::string_view line = last_line(verifier);
    if (line.starts_with("processed ") && verifier.size() > line.size()) {
        line = last_line(verifier.substr(0, verifier.rfind(line)));
    }
    return line;
}

// The first line that tells of a failure, without libbpf's name.
std::string_view first_failure(std::string_view log) noexcept {
    std::size_t at = std::min(log.find("failed"), log.find("Error"));
    at = at == std::string_view::npos ? 0 : log.rfind('\n', at) + 1;  // npos + 1 is 0
    std::string_view line = log.substr(at);
    line = line.substr(0, line.find('\n'));
    if (line.starts_with("libbpf: ")) {
        line.remove_prefix(std::string_view("libbpf: ").size());
    }
    return line;
}

struct hint {
    std::string_view sign;
    std::string_view meaning;
};
constexpr std::array hints{
    hint{"failed to find kernel BTF type ID", "this kernel has no such tracepoint or function"},
    hint{"not supported by kernel or program type", "this kernel does not offer it to such programs"},
    hint{"unknown func", "this kernel does not offer a helper that the program calls"},
    hint{"program of this type cannot use helper", "this kernel does not offer a helper to such programs"},
    hint{"invalid CO-RE relocation", "this kernel's types lack a field that the program reads"},
    hint{"invalid argument to attach_btf_id", "this kernel has another form of the tracepoint"},
    hint{"-th argument", "this kernel has another form of the tracepoint"},
    hint{"sleepable", "this kernel has no sleepable programs of this kind"},
    hint{"valid kernel BTF", "this kernel has no BTF: set btf_custom_path to a BTF file made for it"},
    hint{"try raising 'ulimit -l'",
         "raise the limit of locked memory: LimitMEMLOCK=infinity of the service, or grant CAP_SYS_RESOURCE"},
    hint{"CONFIG_BPF_SYSCALL",
         "grant CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN before Linux 5.8; before 5.11 the limit "
         "of locked memory may be too low: LimitMEMLOCK=infinity of the service"},
};

}  // namespace

std::optional<std::string_view> failed_program(std::string_view log) noexcept { return quoted(log, program_mark); }

std::optional<std::string_view> failed_map(std::string_view log) noexcept {
    const std::size_t at = log.rfind("': failed to create");
    return at == std::string_view::npos ? std::nullopt : quoted(log, map_mark, at);
}

std::string failure_reason(std::string_view log) {
    std::string reason(first_failure(log));
    if (const std::string_view word = last_word(between_marks(log)); !word.empty()) {
        reason.append(": ").append(word);
    }
    for (const hint& known : hints) {
        if (log.find(known.sign) != std::string_view::npos) {
            return reason.append(" (").append(known.meaning).append(")");
        }
    }
    return reason;
}

std::string verifier_log(std::string_view log) {
    const std::string_view all = between_marks(log);
    if (all.size() <= head_kept + tail_kept) {
        return std::string(all);
    }
    return std::string(all.substr(0, head_kept)) + "\n[...]\n" + std::string(all.substr(all.size() - tail_kept));
}

}  // namespace sonde::bpf
