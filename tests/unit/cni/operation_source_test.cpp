// SPDX-License-Identifier: Apache-2.0
#include "cni/operation_source.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

#include "sonde/v1/cni.pb.h"
#include "sonde/v1/process.pb.h"

namespace sonde::cni {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

class CniOperations : public ::testing::Test {
protected:
    CniOperations() {
        of_.follows_operations = true;
        of_.proc_root = std::filesystem::temp_directory_path() / ("sonde-ops-" + std::to_string(::getpid()));
        of_.binary_dirs = {"/opt/cni/bin"};
        EXPECT_TRUE(out_.open());
    }
    ~CniOperations() override { std::filesystem::remove_all(of_.proc_root); }

    void has_environment(int pid, const std::string& text) const {
        const std::filesystem::path directory = std::filesystem::path(of_.proc_root) / std::to_string(pid);
        std::filesystem::create_directories(directory);
        std::ofstream(directory / "environ", std::ios::binary) << text;
    }
    static process_message exec(std::uint32_t pid, std::string_view binary, std::chrono::nanoseconds at) {
        process_message of;
        of.what = process_message::kind::exec;
        of.pid = pid;
        of.time = at;
        of.executable = binary;
        of.create_time = pid;
        return of;
    }
    static process_message exit(std::uint32_t pid, int code, std::chrono::nanoseconds at) {
        process_message of;
        of.what = process_message::kind::exit;
        of.pid = pid;
        of.time = at;
        of.exit_code = code;
        return of;
    }
    std::vector<v1::CniEvent> told() {
        std::vector<v1::CniEvent> all;
        for (const auto& each : host_.lane.envelopes(operation_topic)) {
            EXPECT_TRUE(all.emplace_back().ParseFromArray(each.data.data(), static_cast<int>(each.data.size())));
        }
        return all;
    }

    testing::fake_host host_;
    meters counted_{host_.host()};
    publisher out_{host_.host(), counted_};
    option_values of_;
    pod_table pods_{"/none", 16};
    operation_source operations_{host_.host(), of_, counted_, out_, pods_};
};

const std::string environment =
    "PATH=/bin\0CNI_COMMAND=ADD\0CNI_CONTAINERID=c1\0CNI_NETNS=/run/netns/web\0CNI_IFNAME=eth0\0"
    "CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAME=web-0;K8S_POD_NAMESPACE=shop;K8S_POD_UID=u-1\0"s;

TEST_F(CniOperations, a_run_has_operation_container_pod_duration_and_exit) {
    has_environment(7, environment);
    operations_.take(exec(7, "/opt/cni/bin/bridge", 10s));
    EXPECT_TRUE(told().empty());
    operations_.take(exit(7, 0, 10s + 90ms));
    ASSERT_EQ(told().size(), 1U);
    const v1::CniEvent event = told()[0];
    EXPECT_EQ(event.kind(), v1::CniEvent::KIND_PLUGIN_RUN);
    EXPECT_EQ(event.operation(), v1::CniEvent::OPERATION_ADD);
    EXPECT_EQ(event.plugin(), "bridge");
    EXPECT_EQ(event.family(), "bridge");
    EXPECT_EQ(event.container_id(), "c1");
    EXPECT_EQ(event.netns(), "/run/netns/web");
    EXPECT_EQ(event.interface(), "eth0");
    EXPECT_EQ(event.pod_name(), "web-0");
    EXPECT_EQ(event.pod_uid(), "u-1");
    EXPECT_EQ(event.duration_ns(), 90'000'000U);
    EXPECT_TRUE(event.success());
    EXPECT_EQ(event.severity(), severity_info);
}

TEST_F(CniOperations, a_failed_add_is_critical) {
    has_environment(7, environment);
    operations_.take(exec(7, "/opt/cni/bin/bridge", 10s));
    operations_.take(exit(7, 1, 11s));
    ASSERT_EQ(told().size(), 1U);
    EXPECT_EQ(told()[0].severity(), severity_critical);
    EXPECT_EQ(told()[0].error(), "exit status 1");
    EXPECT_FALSE(told()[0].success());
}

TEST_F(CniOperations, a_run_that_was_over_before_it_was_seen_is_told_without_its_environment) {
    operations_.take(exec(8, "/opt/cni/bin/portmap", 10s));
    operations_.take(exit(8, 0, 11s));
    ASSERT_EQ(told().size(), 1U);
    EXPECT_EQ(told()[0].operation(), v1::CniEvent::OPERATION_UNSPECIFIED);
    EXPECT_EQ(told()[0].plugin(), "portmap");
    EXPECT_EQ(host_.metrics.value("cni.operations.environments_missed"), 1);
}

TEST_F(CniOperations, two_collectors_that_tell_of_a_run_make_one_event) {
    has_environment(7, environment);
    operations_.take(exec(7, "/opt/cni/bin/bridge", 10s));
    operations_.take(exec(7, "/opt/cni/bin/bridge", 10s));
    operations_.take(exit(7, 0, 11s));
    operations_.take(exit(7, 0, 11s));
    EXPECT_EQ(told().size(), 1U);
}

TEST_F(CniOperations, other_programs_are_none_of_ours) {
    operations_.take(exec(9, "/sbin/bridge", 10s));
    operations_.take(exit(9, 0, 11s));
    EXPECT_TRUE(told().empty());
}

TEST_F(CniOperations, runs_whose_end_is_not_told_are_forgotten_and_counted) {
    operations_.take(exec(9, "/opt/cni/bin/bridge", 10s));
    operations_.turn();
    host_.clock.advance(20min);
    operations_.turn();
    EXPECT_EQ(host_.metrics.value("cni.operations.unfinished"), 1);
}

TEST_F(CniOperations, the_numbers_of_the_fields_that_are_read_are_those_of_the_descriptor) {
    v1::ProcessEvent event;
    event.set_kind(v1::ProcessEvent::KIND_EXIT);
    event.mutable_process()->set_pid(7);
    event.mutable_process()->set_executable_path("/opt/cni/bin/bridge");
    event.mutable_process()->set_exec_path("./bridge");
    event.mutable_process()->set_create_time_unix_nano(5);
    event.set_exit_code(1);
    event.set_exit_signal(9);
    const std::string payload = event.SerializeAsString();
    std::vector<std::uint8_t> bytes(512);
    wire::writer out(bytes);
    envelope_writer envelope(out);
    envelope.time(3s, clock_quality::kernel).data("sonde.v1.ProcessEvent", 1, payload);
    const auto read = read_process(std::span(bytes).first(out.size()));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->what, process_message::kind::exit);
    EXPECT_EQ(read->time, 3s);
    EXPECT_EQ(read->pid, 7U);
    EXPECT_EQ(read->executable, "/opt/cni/bin/bridge");
    EXPECT_EQ(read->exec_path, "./bridge");
    EXPECT_EQ(read->create_time, 5U);
    EXPECT_EQ(read->exit_code, 1);
    EXPECT_EQ(read->exit_signal, 9);
}

TEST(CniVariable, is_found_by_its_whole_name) {
    EXPECT_EQ(variable(environment, "CNI_COMMAND"), "ADD");
    EXPECT_EQ(variable(environment, "CNI_COMM"), "");
    EXPECT_EQ(variable("CNI_COMMAND=DEL", "CNI_COMMAND"), "DEL");
    EXPECT_EQ(variable("", "A"), "");
}

}  // namespace
}  // namespace sonde::cni
