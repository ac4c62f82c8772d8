// SPDX-License-Identifier: Apache-2.0
// The texts are what libbpf 1.1 prints.
#include "bpf/support/load_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonde::bpf {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view verifier_says = "libbpf: prog 'exec': BPF program load failed: Invalid argument\n"
                                           "libbpf: prog 'exec': -- BEGIN PROG LOAD LOG --\n"
                                           "0: R1=ctx(off=0,imm=0) R10=fp0\n"
                                           "unknown func bpf_copy_from_user_task#191\n"
                                           "processed 12 insns (limit 1000000) max_states_per_insn 0\n"
                                           "-- END PROG LOAD LOG --\n"
                                           "libbpf: prog 'exec': failed to load: -22\n"
                                           "libbpf: failed to load object 'sonde'\n";

TEST(LoadLog, names_the_program_that_failed) {
    EXPECT_EQ(failed_program(verifier_says), "exec");
    EXPECT_EQ(failed_program("libbpf: Error loading vmlinux BTF: -3\n"), std::nullopt);
}

TEST(LoadLog, names_the_map_that_could_not_be_created) {
    EXPECT_EQ(failed_map("libbpf: Error in bpf_create_map_xattr(a): retrying without BTF.\n"
                         "libbpf: map 'sockets': failed to create: Invalid argument(-22)\n"),
              "sockets");
    EXPECT_EQ(failed_map(verifier_says), std::nullopt);
}

TEST(LoadLog, the_reason_has_the_verifiers_last_word_and_what_it_means) {
    EXPECT_EQ(failure_reason(verifier_says),
              "prog 'exec': BPF program load failed: Invalid argument: unknown func bpf_copy_from_user_task#191 (this "
              "kernel does not offer a helper that the program calls)");
}

TEST(LoadLog, a_tracepoint_that_is_missing_is_said_in_words) {
    EXPECT_THAT(failure_reason("libbpf: prog 'x': failed to find kernel BTF type ID of 'sched_new': -3\n"
                               "libbpf: prog 'x': failed to prepare load attributes: -3\n"),
                HasSubstr("(this kernel has no such tracepoint or function)"));
}

TEST(LoadLog, missing_privilege_is_said_with_what_to_grant) {
    EXPECT_EQ(
        failure_reason("libbpf: Error in bpf_object__probe_loading():Operation not permitted(1). Couldn't load trivial "
                       "BPF program. Make sure your kernel supports BPF (CONFIG_BPF_SYSCALL=y).\n"
                       "libbpf: failed to load object 'sonde'\n"),
        "Error in bpf_object__probe_loading():Operation not permitted(1). Couldn't load trivial BPF program. Make "
        "sure your kernel supports BPF (CONFIG_BPF_SYSCALL=y). (grant CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN "
        "before Linux 5.8; before 5.11 the limit of locked memory may be too low: LimitMEMLOCK=infinity of the "
        "service)");
}

TEST(LoadLog, long_verifier_texts_keep_their_ends) {
    const std::string long_text = "libbpf: prog 'a': -- BEGIN PROG LOAD LOG --\nfirst\n" + std::string(100'000, 'm') +
                                  "\nlast\n-- END PROG LOAD LOG --\n";
    const std::string kept = verifier_log(long_text);
    EXPECT_LT(kept.size(), 2100u);
    EXPECT_TRUE(kept.starts_with("first\n"));
    EXPECT_TRUE(kept.ends_with("\nlast\n"));
    EXPECT_THAT(kept, HasSubstr("\n[...]\n"));
}

TEST(LoadLog, texts_of_another_kind_do_no_harm) {
    for (const std::string_view text : {"", "prog '", "failed", "map ': failed to create", "\n\n",
                                        "-- BEGIN PROG LOAD LOG --\n", "processed ", "': failed to create"}) {
        static_cast<void>(failed_program(text));
        static_cast<void>(failed_map(text));
        EXPECT_LE(failure_reason(text).size(), text.size() + 100);
        EXPECT_LE(verifier_log(text).size(), text.size());
    }
}

}  // namespace
}  // namespace sonde::bpf
