// SPDX-License-Identifier: Apache-2.0
// Units, jobs and entries of the journal: type, severity, message and subject, row by row.
#include <gtest/gtest.h>

#include "decode_fixture.hpp"
#include "sonde/v1/event.pb.h"

namespace sonde::enrich_context::testing {
namespace {

const std::string container_id(64, 'c');

v1::SystemdUnitEvent unit(std::string_view active_state, std::string_view sub_state = "",
                          std::string_view result = "success") {
    v1::SystemdUnitEvent event;
    event.set_action(v1::SystemdUnitEvent_Action_ACTION_CHANGED);
    event.set_name("web.service");
    event.set_active_state(std::string(active_state));
    event.set_sub_state(std::string(sub_state));
    event.set_result(std::string(result));
    return event;
}

struct unit_row {
    std::string_view active_state;
    std::string_view sub_state;
    std::string_view result;
    std::string_view type;
    severity wanted;
    std::string_view message;
};

TEST_F(Decode, names_a_unit_by_its_state) {
    const unit_row rows[] = {
        {"active", "running", "success", "systemd.unit.active", severity::info, "web.service is active (running)"},
        {"inactive", "dead", "success", "systemd.unit.inactive", severity::info, "web.service is inactive (dead)"},
        {"activating", "start-pre", "success", "systemd.unit.activating", severity::info,
         "web.service is activating (start-pre)"},
        {"activating", "auto-restart", "success", "systemd.unit.activating", severity::info,
         "web.service is activating (auto-restart)"},
        {"activating", "auto-restart", "exit-code", "systemd.unit.failed", severity::warn,
         "web.service failed: exit-code; it will be started again"},
        {"activating", "auto-restart-queued", "oom-kill", "systemd.unit.failed", severity::warn,
         "web.service failed: oom-kill; it will be started again"},
        {"deactivating", "stop", "success", "systemd.unit.deactivating", severity::info,
         "web.service is deactivating (stop)"},
        {"reloading", "reload", "success", "systemd.unit.reloading", severity::info,
         "web.service is reloading (reload)"},
        {"refreshing", "", "success", "systemd.unit.refreshing", severity::info, "web.service is refreshing"},
        {"maintenance", "", "success", "systemd.unit.maintenance", severity::warn, "web.service is maintenance"},
        {"failed", "failed", "start-limit-hit", "systemd.unit.failed", severity::error,
         "web.service failed: start-limit-hit"},
        {"failed", "failed", "", "systemd.unit.failed", severity::error, "web.service failed"},
        {"dreaming", "deep", "success", "systemd.unit.changed", severity::info, "web.service is dreaming (deep)"},
        {"", "", "", "systemd.unit.changed", severity::info, ""},
    };
    for (const unit_row& row : rows) {
        EXPECT_EQ(of("sonde.v1.SystemdUnitEvent", unit(row.active_state, row.sub_state, row.result)), verdict::event);
        EXPECT_EQ(said.type, row.type) << row.active_state;
        EXPECT_EQ(said.severity, row.wanted) << row.active_state << ' ' << row.sub_state;
        EXPECT_EQ(said.message, row.message);
        EXPECT_FALSE(said.severity_is_told) << "it is concluded";
        EXPECT_FALSE(said.message_is_told);
        EXPECT_EQ(said.to, decode::domain::systemd);
    }
}

TEST_F(Decode, a_failure_says_how_the_process_ended) {
    auto event = unit("failed", "failed", "exit-code");
    event.set_exit_code(3);
    static_cast<void>(of("sonde.v1.SystemdUnitEvent", event));
    EXPECT_EQ(said.message, "web.service failed: exit code 3");
    event.set_result("start-limit-hit");
    static_cast<void>(of("sonde.v1.SystemdUnitEvent", event));
    EXPECT_EQ(said.message, "web.service failed: start-limit-hit, exit code 3");
    event.clear_exit_code();
    event.set_exit_signal(9);
    event.set_result("signal");
    static_cast<void>(of("sonde.v1.SystemdUnitEvent", event));
    EXPECT_EQ(said.message, "web.service failed: signal 9 (SIGKILL)");
    event.set_exit_signal(11);
    event.set_result("core-dump");
    static_cast<void>(of("sonde.v1.SystemdUnitEvent", event));
    EXPECT_EQ(said.message, "web.service failed: core-dump, signal 11 (SIGSEGV)");
}

struct action_row {
    v1::SystemdUnitEvent_Action action;
    verdict wanted;
    std::string_view type;
};

TEST_F(Decode, each_action_of_a_unit_is_an_event_or_state) {
    const action_row rows[] = {
        {v1::SystemdUnitEvent_Action_ACTION_LISTED, verdict::state, ""},
        {v1::SystemdUnitEvent_Action_ACTION_NEW, verdict::event, "systemd.unit.active"},
        {v1::SystemdUnitEvent_Action_ACTION_CHANGED, verdict::event, "systemd.unit.active"},
        {v1::SystemdUnitEvent_Action_ACTION_REMOVED, verdict::event, "systemd.unit.removed"},
        {v1::SystemdUnitEvent_Action_ACTION_SAMPLED, verdict::event, "systemd.unit.sample"},
        {v1::SystemdUnitEvent_Action_ACTION_SYNCED, verdict::state, ""},
        {v1::SystemdUnitEvent_Action_ACTION_UNSPECIFIED, verdict::malformed, "malformed"},
    };
    ASSERT_EQ(std::size(rows), static_cast<std::size_t>(v1::SystemdUnitEvent_Action_descriptor()->value_count()));
    auto event = unit("active", "running");
    for (const action_row& row : rows) {
        event.set_action(row.action);
        EXPECT_EQ(of("sonde.v1.SystemdUnitEvent", event), row.wanted) << row.action;
        EXPECT_EQ(said.type, row.type) << row.action;
    }
    event.set_action(static_cast<v1::SystemdUnitEvent_Action>(99));
    EXPECT_EQ(of("sonde.v1.SystemdUnitEvent", event), verdict::unknown);
    event = unit("active");
    event.clear_name();
    EXPECT_EQ(of("sonde.v1.SystemdUnitEvent", event), verdict::malformed);
    EXPECT_EQ(said.fault, "name");
}

TEST_F(Decode, a_unit_is_about_its_main_process_and_the_container_of_its_control_group) {
    auto event = unit("active", "running");
    event.set_main_pid(42);
    event.set_main_start_time_unix_nano(77);
    event.set_control_group("/kubepods.slice/kubepods-pod01234567_89ab_cdef_0123_456789abcdef.slice/cri-containerd-" +
                            container_id + ".scope");
    static_cast<void>(of("sonde.v1.SystemdUnitEvent", event));
    EXPECT_EQ(said.about.pid, 42u);
    EXPECT_EQ(said.about.process_start, 0u) << "systemd's time of it is not the kernel's";
    EXPECT_EQ(said.about.container_id, container_id);
    EXPECT_EQ(said.about.pod_uid, "01234567-89ab-cdef-0123-456789abcdef");
    event.set_control_group("/system.slice/web.service");
    static_cast<void>(of("sonde.v1.SystemdUnitEvent", event));
    EXPECT_EQ(said.about.container_id, "");
    EXPECT_EQ(said.about.pod_uid, "");
}

struct job_row {
    std::string_view result;
    severity wanted;
};

TEST_F(Decode, the_end_of_a_job_is_as_severe_as_systemd_logs_it) {
    const job_row rows[] = {
        {"done", severity::info},      {"canceled", severity::info},   {"timeout", severity::error},
        {"failed", severity::error},   {"dependency", severity::warn}, {"skipped", severity::info2},
        {"invalid", severity::info},   {"assert", severity::warn},     {"unsupported", severity::warn},
        {"collected", severity::info}, {"once", severity::error},      {"frozen", severity::info},
    };
    for (const job_row& row : rows) {
        v1::SystemdJobEvent job;
        job.set_action(v1::SystemdJobEvent_Action_ACTION_REMOVED);
        job.set_unit("web.service");
        job.set_type("start");
        job.set_result(std::string(row.result));
        EXPECT_EQ(of("sonde.v1.SystemdJobEvent", job), verdict::event);
        EXPECT_EQ(said.type, "systemd.job.removed");
        EXPECT_EQ(said.severity, row.wanted) << row.result;
        EXPECT_EQ(said.message, "start of web.service: " + std::string(row.result));
    }
}

TEST_F(Decode, a_job_is_queued_and_may_have_no_type) {
    v1::SystemdJobEvent job;
    job.set_action(v1::SystemdJobEvent_Action_ACTION_NEW);
    job.set_unit("web.service");
    EXPECT_EQ(of("sonde.v1.SystemdJobEvent", job), verdict::event);
    EXPECT_EQ(said.type, "systemd.job.new");
    EXPECT_EQ(said.message, "job of web.service is queued");
    EXPECT_EQ(said.severity, severity::info);
    job.clear_action();
    EXPECT_EQ(of("sonde.v1.SystemdJobEvent", job), verdict::malformed);
    EXPECT_EQ(said.fault, "action");
    job.set_action(static_cast<v1::SystemdJobEvent_Action>(9));
    EXPECT_EQ(of("sonde.v1.SystemdJobEvent", job), verdict::unknown);
}

TEST_F(Decode, an_entry_of_the_journal_has_the_severity_of_its_priority) {
    const severity wanted[] = {severity::fatal, severity::error3, severity::error2, severity::error,
                               severity::warn,  severity::info2,  severity::info,   severity::debug};
    v1::JournalEntry entry;
    for (std::uint32_t priority = 0; priority < std::size(wanted); ++priority) {
        entry.set_priority(priority);
        EXPECT_EQ(of("sonde.v1.JournalEntry", entry), verdict::event);
        EXPECT_EQ(said.type, "systemd.journal");
        EXPECT_EQ(said.severity, wanted[priority]) << priority;
        EXPECT_TRUE(said.severity_is_told) << priority;
    }
    entry.set_priority(8);
    static_cast<void>(of("sonde.v1.JournalEntry", entry));
    EXPECT_EQ(said.severity, severity::info);
    EXPECT_FALSE(said.severity_is_told) << "there is no such priority";
    entry.clear_priority();
    static_cast<void>(of("sonde.v1.JournalEntry", entry));
    EXPECT_EQ(said.severity, severity::info);
    EXPECT_FALSE(said.severity_is_told);
}

TEST_F(Decode, the_message_of_an_entry_is_one_line_of_a_length_for_people) {
    const std::pair<std::string, std::string> rows[] = {
        {"plain", "plain"},
        {"first\nsecond", "first"},
        {"first\r\nsecond", "first"},
        {"\n\nthird", "third"},
        {"\n", ""},
        {std::string(1023, 'x') + "\xc3\xa9\xc3\xa9", std::string(1023, 'x')},
        {std::string(1022, 'x') + "\xc3\xa9\xc3\xa9", std::string(1022, 'x') + "\xc3\xa9"},
    };
    v1::JournalEntry entry;
    for (const auto& [message, wanted] : rows) {
        entry.set_message(message);
        static_cast<void>(of("sonde.v1.JournalEntry", entry));
        EXPECT_EQ(said.message, wanted);
        EXPECT_TRUE(said.message_is_told);
    }
}

TEST_F(Decode, an_entry_is_about_the_process_that_wrote_it_as_journald_saw_it) {
    v1::JournalEntry entry;
    entry.set_pid(42);
    entry.set_machine_id("4c4c");
    const std::pair<std::string, std::string> fields[] = {
        {"CGROUP", "/docker-" + std::string(64, 'a') + ".scope"},  // anybody's word
        {"_SYSTEMD_CGROUP", "/system.slice/docker-" + container_id + ".scope"},
        {"_SYSTEMD_SLICE", "system.slice"},
    };
    for (const auto& [name, value] : fields) {
        auto& field = *entry.add_fields();
        field.set_name(name);
        field.set_text(value);
    }
    static_cast<void>(of("sonde.v1.JournalEntry", entry));
    EXPECT_EQ(said.about.pid, 42u);
    EXPECT_EQ(said.about.container_id, container_id);
    EXPECT_EQ(said.about.machine_id, "4c4c");
    entry.clear_fields();
    entry.clear_pid();
    static_cast<void>(of("sonde.v1.JournalEntry", entry));
    EXPECT_EQ(said.about.pid, 0u) << "nothing stays from the entry before";
    EXPECT_EQ(said.about.container_id, "");
}

}  // namespace
}  // namespace sonde::enrich_context::testing
