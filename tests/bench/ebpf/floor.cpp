// SPDX-License-Identifier: Apache-2.0
// Attaches programs that do nothing, prints "ready", and keeps them until its input ends.
#include <cstdio>

#include <floor_programs.skel.h>
#include <sonde/bpf/session.hpp>

#include "bpf/support/capability_report.hpp"

int main() {
    using enum sonde::bpf::attach_to;
    sonde::bpf::load_options options;
    std::size_t size = 0;
    const void* object = floor_programs__elf_bytes(&size);
    options.object = {static_cast<const std::byte*>(object), size};
    options.hooks = {{"state", {{"floor_state", "tp_btf"}}, section},
                     {"sent", {{"floor_sent", "cgroup_skb/egress"}}, cgroup},
                     {"received", {{"floor_received", "cgroup_skb/ingress"}}, cgroup}};
    options.cgroup_root = sonde::bpf::look_around({}).cgroup_root;
    const auto attached = sonde::bpf::session::load(options);
    if (!attached) {
        std::fprintf(stderr, "floor: %s\n", attached.error().text.c_str());
        return 1;
    }
    for (const auto& each : attached->outcomes()) {
        if (each.program.empty()) {
            std::fprintf(stderr, "floor: %s: %s\n", each.hook.c_str(), each.refused.front().reason.c_str());
            return 1;
        }
    }
    std::puts("ready");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
}
