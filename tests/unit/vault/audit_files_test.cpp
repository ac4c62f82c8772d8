// SPDX-License-Identifier: Apache-2.0
#include "vault/audit_files.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

#include "entries.hpp"
#include "sonde/v1/vault.pb.h"

namespace sonde::vault {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using vault::testing::request_entry;

class AuditFiles : public ::testing::Test {
public:
    ~AuditFiles() override { std::filesystem::remove_all(directory); }

protected:
    AuditFiles() : counted(host.host()), out(host.host(), "") {
        host.clock.follow_real_time();
        std::string pattern = std::filesystem::temp_directory_path() / "audit-XXXXXX";
        directory = ::mkdtemp(pattern.data());
        log = directory + "/audit.log";
        of.files = {log};
        of.entry_limit = 64U << 10;
        of.position = {.directory = directory, .name = "vault"};
        of.begins_at_end = false;
        EXPECT_TRUE(out.open());
    }

    void write(int number) { std::ofstream(log, std::ios::app) << request_entry(number) << "\n"; }
    audit_files& begin() {
        files.reset();  // gives the positions up
        sink.emplace(host.host(), of, counted, out);
        files.emplace(host.host(), of, counted, *sink);
        files->start();
        return *files;
    }
    void read_all() {
        for (int i = 0; i < 20; ++i) {
            files->turn();
        }
    }
    std::vector<std::string> told() {
        std::vector<std::string> ids;
        for (const auto& each : host.lane.envelopes(audit_topic)) {
            v1::VaultAuditEvent event;
            EXPECT_TRUE(event.ParseFromArray(each.data.data(), static_cast<int>(each.data.size())));
            EXPECT_EQ(event.source(), v1::VaultAuditEvent::SOURCE_FILE);
            EXPECT_EQ(each.event_id.size(), 16U);
            ids.push_back(event.request_id());
        }
        return ids;
    }

    sonde::testing::fake_host host;
    meters counted;
    publisher out;
    std::string directory;
    std::string log;
    audit_options of;
    std::optional<audit_sink> sink;
    std::optional<audit_files> files;
};

TEST_F(AuditFiles, entries_are_told_in_order_and_over_rotation) {
    write(1);
    begin();
    read_all();
    write(2);
    std::filesystem::rename(log, log + ".1");
    write(3);
    read_all();
    EXPECT_THAT(told(), ElementsAre("r-1", "r-2", "r-3"));
    EXPECT_EQ(host.metrics.value("vault.audit.entries", {{"source", "file"}}), 3);
    EXPECT_EQ(files->state().health, common::part_health::working);
}

TEST_F(AuditFiles, a_stop_keeps_the_exact_position) {
    write(1);
    begin();
    read_all();
    files->finish();
    write(2);
    begin();
    read_all();
    EXPECT_THAT(told(), ElementsAre("r-1", "r-2"));
}

TEST_F(AuditFiles, without_a_position_it_begins_where_it_is_told_to_and_keeps_that_at_once) {
    of.begins_at_end = true;
    write(1);
    begin();
    write(2);
    begin();  // as after a crash before anything was read
    read_all();
    EXPECT_THAT(told(), ElementsAre("r-2"));
}

TEST_F(AuditFiles, an_entry_waits_for_a_lane_that_is_full) {
    write(1);
    begin();
    host.lane.answer_next_reserve(SONDE_AGAIN);
    files->turn();
    EXPECT_THAT(told(), IsEmpty());
    EXPECT_EQ(host.metrics.value("vault.audit.waits"), 1);
    files->finish();
    begin();
    read_all();
    EXPECT_THAT(told(), ElementsAre("r-1"));
}

TEST_F(AuditFiles, while_nobody_listens_nothing_is_read) {
    write(1);
    host.lane.set_subscribed(false);
    begin();
    read_all();
    EXPECT_THAT(told(), IsEmpty());
    host.lane.set_subscribed(true);
    read_all();
    EXPECT_THAT(told(), ElementsAre("r-1"));
}

TEST_F(AuditFiles, lines_that_are_no_entry_are_counted_and_passed_over) {
    std::ofstream(log) << "no entry\n{\"type\":\"request\",\"x\":\"" << std::string(70'000, 'x') << "\"}\n\n";
    write(1);
    begin();
    read_all();
    EXPECT_THAT(told(), ElementsAre("r-1"));
    EXPECT_EQ(host.metrics.value("vault.audit.malformed"), 1);
    EXPECT_EQ(host.metrics.value("vault.audit.too_long"), 1);
}

TEST_F(AuditFiles, a_missing_log_is_named_and_awaited) {
    begin();
    read_all();
    EXPECT_EQ(files->state().reason, "audit_file_missing");
    EXPECT_NE(files->state().text.find(log), std::string::npos);
    write(1);
    read_all();
    EXPECT_THAT(told(), ElementsAre("r-1"));
    EXPECT_EQ(files->state().health, common::part_health::working);
}

TEST_F(AuditFiles, two_instances_do_not_share_positions) {
    begin();
    audit_files second(host.host(), of, counted, *sink);
    second.start();
    EXPECT_EQ(second.state().reason, "state_in_use");
    write(1);
    second.turn();
    second.finish();
    EXPECT_THAT(told(), IsEmpty());
    files->finish();
    second.start();
    for (int i = 0; i < 20; ++i) {
        second.turn();
    }
    EXPECT_THAT(told(), ElementsAre("r-1"));
}

}  // namespace
}  // namespace sonde::vault
