// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/session.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <unistd.h>

#include <bpf/bpf.h>

#include "bpf/support/load_log.hpp"
#include "bpf/support/loaded_object.hpp"
#include "bpf/support/log_capture.hpp"

namespace sonde::bpf {
namespace {

struct attempt {
    std::unique_ptr<loaded_object> object;  // null: nothing came of it, and there is no point in going on
    bool again = false;
};

// Loads the chosen rungs, attaches them, and steps down where either is refused.
result<attempt> try_once(const load_options& options, ladder& rungs, std::vector<std::string>& left_out) {
    const log_capture log;
    auto opened = loaded_object::open(options, rungs, left_out);
    if (!opened) {
        return std::unexpected(opened.error());
    }
    if (!(*opened)->load()) {
        // Every map would be refused like this one, and the programs' constants are a map too. Of a program libbpf says
        // the same where its kind is not permitted: another kind may be.
        if (failed_map(log.text()) && log.text().find("try raising 'ulimit -l'") != std::string_view::npos) {
            rungs.refuse_all(failure_reason(log.text()));
            return attempt{};
        }
        if (const auto map = failed_map(log.text());
            map && std::find(left_out.begin(), left_out.end(), *map) == left_out.end()) {
            left_out.emplace_back(*map);
            return attempt{nullptr, true};
        }
        const auto program = failed_program(log.text());
        if (program && rungs.refuse(*program, failure_reason(log.text()), verifier_log(log.text()))) {
            return attempt{nullptr, true};
        }
        rungs.refuse_all(failure_reason(log.text()));
        return attempt{};
    }
    bool is_complete = true;
    for (std::size_t i = 0; i < rungs.size(); ++i) {
        const rung* at = rungs.chosen(i);
        if (at == nullptr) {
            continue;
        }
        if (const auto attached = (*opened)->attach(rungs.at(i), *at, options); !attached) {
            rungs.refuse(at->program, attached.error().text);
            is_complete = false;
        }
    }
    return is_complete ? attempt{std::move(*opened), false} : attempt{nullptr, true};
}

// libbpf would say that it failed, and nothing else.
void refuse_unreadable_btf(const load_options& options, ladder& rungs) {
    if (!options.btf_path.empty() && ::access(options.btf_path.c_str(), R_OK) != 0) {
        rungs.refuse_all("btf_custom_path " + options.btf_path + " cannot be read: " + ::strerrordesc_np(errno));
    }
}

// Without the kernel's own BTF there is nothing for such programs to attach to, whatever file types come from.
void refuse_without_btf(const load_options& options, ladder& rungs) {
    if (::access("/sys/kernel/btf/vmlinux", R_OK) == 0) {
        return;
    }
    if (options.btf_path.empty()) {
        rungs.refuse_all(
            "the kernel has no BTF (/sys/kernel/btf/vmlinux): set btf_custom_path to a BTF file made for it");
        return;
    }
    for (std::size_t i = 0; i < rungs.size(); ++i) {
        for (const rung* at = rungs.chosen(i); at != nullptr; at = rungs.chosen(i)) {
            const std::string_view kind = at->kind;
            if (!kind.starts_with("tp_btf") && !kind.starts_with("fentry") && !kind.starts_with("fexit") &&
                !kind.starts_with("iter")) {
                break;
            }
            rungs.refuse(at->program, "the kernel has no BTF of its own (/sys/kernel/btf/vmlinux)");
        }
    }
}

}  // namespace

session::session() = default;
session::session(session&&) noexcept = default;
session& session::operator=(session&&) noexcept = default;
session::~session() = default;

result<session> session::load(const load_options& options) {
    ladder rungs(options.hooks, options.without);
    refuse_without_btf(options, rungs);
    refuse_unreadable_btf(options, rungs);
    std::vector<std::string> left_out;
    session made;
    while (rungs.has_any()) {
        auto tried = try_once(options, rungs, left_out);
        if (!tried) {
            return std::unexpected(tried.error());
        }
        if (!tried->again) {
            made.object_ = std::move(tried->object);
            break;
        }
    }
    made.outcomes_ = rungs.outcomes();
    return made;
}

const hook_outcome* session::outcome(std::string_view hook) const noexcept {
    const auto found =
        std::find_if(outcomes_.begin(), outcomes_.end(), [hook](const hook_outcome& one) { return one.hook == hook; });
    return found == outcomes_.end() ? nullptr : &*found;
}

int session::map_fd(std::string_view name) const noexcept { return object_ ? object_->map_fd(name) : -1; }

result<descriptor> session::open_iterator(std::string_view hook) const {
    if (!object_) {
        return fail(errc::unsupported, "no kernel program is loaded", std::string(hook));
    }
    return object_->open_iterator(hook);
}

std::vector<program_usage> session::usage() const { return object_ ? object_->usage() : std::vector<program_usage>{}; }

std::vector<map_usage> session::maps() const { return object_ ? object_->maps() : std::vector<map_usage>{}; }

result<descriptor> measure_programs() {
    descriptor held(::bpf_enable_stats(BPF_STATS_RUN_TIME));
    if (!held) {
        return fail(errc::denied, std::string("switching on the measuring of programs: ") + ::strerrordesc_np(errno));
    }
    return held;
}

}  // namespace sonde::bpf
