// SPDX-License-Identifier: Apache-2.0
#include <sonde/schema/text.hpp>

#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>

#include "samples.hpp"

namespace sonde::schema::testing {
namespace {

std::string printed(const v1::EnvelopeBatch& batch, std::size_t width) {
    const std::string body = batch.SerializeAsString();
    batch_reader reader;
    reader.open(bytes_of(body), 0, "");
    const envelope_view* envelope = reader.next();
    std::string line;
    if (envelope != nullptr) {
        text_printer(width).append(*envelope, line);
    }
    return line;
}

v1::EnvelopeBatch named(const std::string& name) {
    auto batch = exec_batch();
    v1::ProcessEvent event;
    event.mutable_process()->set_name(name);
    batch.mutable_envelopes(0)->set_data(event.SerializeAsString());
    return batch;
}

class TextPrinter : public ::testing::Test {
protected:
    void SetUp() override {
        ::setenv("TZ", "UTC-2", 1);  // two hours east of Greenwich
        ::tzset();
    }
    void TearDown() override {
        ::unsetenv("TZ");
        ::tzset();
    }
};

TEST_F(TextPrinter, prints_local_time_topic_node_and_the_fields_in_columns) {
    EXPECT_EQ(printed(exec_batch(), 0),
              "00:13:20.123456 raw/process/exec/    node-1       kind=exec pid=4242 parent_pid=1 name=bash "
              "command_args=\"bash -c echo \\\"a b\\\"\" executable_path=/usr/bin/bash "
              "create_time_unix_nano=1700000000123456789 open_files=0 cpu_time_user=0.25");
}

TEST_F(TextPrinter, shows_the_source_where_no_node_is_known) {
    auto batch = exec_batch();
    batch.mutable_resource()->clear_node_name();
    EXPECT_NE(printed(batch, 0).find("raw/process/exec/    process      kind="), std::string::npos);
}

TEST_F(TextPrinter, cuts_at_the_width_in_characters_and_marks_the_cut) {
    const std::string whole = printed(exec_batch(), 0);
    EXPECT_EQ(printed(exec_batch(), 60), whole.substr(0, 59) + "…");
    EXPECT_EQ(printed(exec_batch(), whole.size()), whole);
    const std::string wide = printed(named("ééééééééééééééé"), 62);
    EXPECT_TRUE(wide.ends_with("é…")) << wide;
}

TEST_F(TextPrinter, control_characters_reach_no_terminal) {
    const std::string line = printed(named("\x1b[31mred\x07\n\u009b2J\x7f"), 0);
    EXPECT_TRUE(line.ends_with("name=\\x1b[31mred\\x07\\x0a\\xc2\\x9b2J\\x7f")) << line;
}

TEST_F(TextPrinter, names_content_that_it_cannot_decode_with_its_size) {
    auto batch = exec_batch();
    batch.mutable_envelopes(0)->set_content_type("text/plain");
    batch.mutable_envelopes(0)->set_data("hello");
    EXPECT_TRUE(printed(batch, 0).ends_with(" content_type=text/plain bytes=5"));
    batch.mutable_envelopes(0)->set_content_type("sonde.v1.ProcessEvent");
    EXPECT_TRUE(printed(batch, 0).ends_with(" malformed=sonde.v1.ProcessEvent bytes=5"));
}

TEST_F(TextPrinter, shows_pod_or_container_and_marks_snapshots) {
    auto batch = exec_batch();
    batch.mutable_envelopes(0)->set_snapshot(true);
    batch.mutable_envelopes(0)->set_container_id("0123456789abcdef0123");
    EXPECT_NE(printed(batch, 0).find(" snapshot container=0123456789ab kind="), std::string::npos);
    batch.mutable_envelopes(0)->set_pod_namespace("shop");
    batch.mutable_envelopes(0)->set_pod_name("cart-0");
    EXPECT_NE(printed(batch, 0).find(" snapshot pod=shop/cart-0 kind="), std::string::npos);
}

}  // namespace
}  // namespace sonde::schema::testing
