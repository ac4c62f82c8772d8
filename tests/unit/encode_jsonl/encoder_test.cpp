// SPDX-License-Identifier: Apache-2.0
#include "encode_jsonl/encoder.hpp"

#include <random>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <sonde/testing/driver.hpp>

#include "scratch.hpp"

namespace sonde::encode_jsonl::testing {
namespace {

namespace json = boost::json;
using sonde::testing::batch_builder;
using sonde::testing::built_batch;
using sonde::testing::consumer_driver;
using sonde::testing::fake_host;

constexpr auto& table = component_table<encoder>::table;

void event(envelope_writer& to, std::string_view name) {
    to.time(std::chrono::seconds(1'700'000'000), clock_quality::kernel)
        .data("sonde.v1.ProcessEvent", 1, [&](wire::writer& payload) {
            payload.uint(1, 1);
            payload.message(2, [&] { payload.text(3, name); });
        });
}

built_batch events(batch_builder& from, int count) {
    for (int i = 0; i < count; ++i) {
        from.add([&](envelope_writer& to) { event(to, "p" + std::to_string(i)); });
    }
    return from.build();
}

class Encoder : public ::testing::Test {
protected:
    scratch_directory dir;
    fake_host host;
    batch_builder builder{"raw/process/exec/"};
    std::string path = dir / "out.jsonl";

    std::int64_t metric(std::string_view name) { return host.metrics.total("encode_jsonl." + std::string(name)); }
    std::int64_t lost(std::string_view reason) {
        return host.metrics.value("encode_jsonl.lost.lines", {{"reason", reason}});
    }
};

TEST_F(Encoder, writes_one_json_object_per_envelope_when_the_queue_runs_empty) {
    consumer_driver driver(host, table);
    ASSERT_TRUE(driver.launch({{"path", path}}));
    ASSERT_TRUE(driver.feed(events(builder, 3)));
    EXPECT_EQ(content(path), "");  // held back for a larger write
    EXPECT_EQ(driver.idle(host.clock.monotonic()).count(), 0);
    const auto lines = lines_of(path);
    ASSERT_EQ(lines.size(), 3u);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto line = json::parse(lines[i]).as_object();
        EXPECT_EQ(line.at("payload").at("process").at("name"), json::value("p" + std::to_string(i)));
        EXPECT_EQ(line.at("topic"), "raw/process/exec/");
        EXPECT_EQ(line.at("event_id"), json::value("0000000000000001000000000000000" + std::to_string(i)));
    }
    EXPECT_EQ(metric("written.lines"), 3);
    EXPECT_EQ(metric("written.bytes"), static_cast<std::int64_t>(content(path).size()));
    EXPECT_EQ(metric("lost.lines"), 0);
}

TEST_F(Encoder, measures_the_age_of_events_but_not_of_what_was_there_before) {
    consumer_driver driver(host, table);
    ASSERT_TRUE(driver.launch({{"path", path}}));
    ASSERT_TRUE(driver.feed(events(builder, 3)));
    builder.add([](envelope_writer& to) {
        event(to, "old");
        to.snapshot();
    });
    ASSERT_TRUE(driver.feed(builder.build()));
    EXPECT_EQ(host.metrics.recorded("encode_jsonl.event.age"), 3u);
}

TEST_F(Encoder, writes_without_waiting_for_idle_when_the_buffer_is_full) {
    consumer_driver driver(host, table);
    ASSERT_TRUE(driver.launch({{"path", path}, {"buffer_bytes", "4KiB"}}));
    ASSERT_TRUE(driver.feed(events(builder, 100)));
    EXPECT_EQ(lines_of(path).size(), 100u);
}

TEST_F(Encoder, stop_writes_what_is_left) {
    consumer_driver driver(host, table);
    ASSERT_TRUE(driver.launch({{"path", path}}));
    ASSERT_TRUE(driver.feed(events(builder, 2)));
    ASSERT_TRUE(driver.stop());
    EXPECT_EQ(lines_of(path).size(), 2u);
    ASSERT_TRUE(driver.stop());  // legal twice
}

TEST_F(Encoder, a_wrong_path_or_mode_fails_before_the_first_event) {
    consumer_driver missing(host, table);
    const auto no_directory = missing.launch({{"path", dir / "none/x"}});
    ASSERT_FALSE(no_directory);
    EXPECT_EQ(no_directory.error().where, "path");
    EXPECT_NE(no_directory.error().text.find("create it"), std::string::npos);
    for (const char* mode : {"rw-r-----", "0888", "01640", "0440", ""}) {
        consumer_driver odd(host, table);
        const auto refused = odd.launch({{"path", path}, {"file_mode", mode}});
        ASSERT_FALSE(refused) << mode;
        EXPECT_EQ(refused.error().where, "file_mode");
    }
}

TEST_F(Encoder, a_full_disk_refuses_whole_batches_and_counts_the_pending_lines_at_the_end) {
    consumer_driver driver(host, table);
    ASSERT_TRUE(driver.launch({{"path", "/dev/full"}, {"buffer_bytes", "4KiB"}}));
    std::uint64_t taken = 0;
    std::uint64_t refused = 0;
    for (int i = 0; i < 20; ++i) {
        const auto fed = driver.feed(events(builder, 10));
        (fed ? taken : refused) += 10;
        if (!fed) {
            EXPECT_EQ(fed.error().code, errc::failed);
            EXPECT_NE(fed.error().text.find("disk_full"), std::string::npos);
        }
        EXPECT_GT(driver.idle(host.clock.monotonic()), host.clock.monotonic());  // a delay, not a busy loop
    }
    EXPECT_GT(taken, 0u);
    EXPECT_GT(refused, 0u);
    ASSERT_EQ(host.reports.size(), 1u);  // told once, not per batch
    EXPECT_EQ(host.reports.all()[0].health, health::recoverable);
    EXPECT_EQ(host.reports.all()[0].reason, "disk_full");
    EXPECT_EQ(lost("disk_full"), 0);  // still pending
    EXPECT_FALSE(driver.stop());
    EXPECT_EQ(lost("disk_full"), static_cast<std::int64_t>(taken));
    EXPECT_EQ(metric("written.lines"), 0);
}

TEST_F(Encoder, recovers_from_a_full_disk_and_accounts_for_every_item) {
    std::filesystem::create_directory(dir / "disk");
    const small_disk disk(dir / "disk", "size=96k");
    if (!disk.mounted()) {
        GTEST_SKIP() << "mounting a tmpfs needs CAP_SYS_ADMIN";
    }
    put(dir / "disk/ballast", std::string(64 * 1024, 'b'));
    consumer_driver driver(host, table);
    path = dir / "disk/out.jsonl";
    ASSERT_TRUE(driver.launch({{"path", path}, {"buffer_bytes", "4KiB"}}));
    std::uint64_t produced = 0;
    std::uint64_t refused = 0;
    const auto feed = [&] {
        produced += 10;
        if (!driver.feed(events(builder, 10))) {
            refused += 10;
        }
        static_cast<void>(driver.idle(host.clock.monotonic()));
        host.clock.advance(std::chrono::milliseconds(300));
    };
    for (int i = 0; i < 40; ++i) {
        feed();
    }
    EXPECT_GT(refused, 0u);
    EXPECT_EQ(host.reports.all().back().reason, "disk_full");
    EXPECT_TRUE(content(path).ends_with("}\n"));
    std::filesystem::remove(dir / "disk/ballast");
    feed();
    const auto refused_while_full = refused;
    feed();
    EXPECT_EQ(refused, refused_while_full);
    EXPECT_EQ(host.reports.all().back().health, health::ok);
    ASSERT_TRUE(driver.stop());
    const auto lines = lines_of(path);
    EXPECT_EQ(lines.size() + refused, produced);
    for (const std::string& line : lines) {
        json::error_code problem;
        static_cast<void>(json::parse(line, problem));
        EXPECT_FALSE(problem) << line;
    }
}

TEST_F(Encoder, malformed_envelopes_are_counted_and_the_others_written) {
    consumer_driver driver(host, table);
    ASSERT_TRUE(driver.launch({{"path", path}}));
    builder.add([](envelope_writer& to) { event(to, "good"); });
    builder.add_bytes(std::vector<std::uint8_t>{0x2a, 0x7f});
    builder.add([](envelope_writer& to) { event(to, "also good"); });
    ASSERT_TRUE(driver.feed(builder.build()));
    ASSERT_TRUE(driver.stop());
    EXPECT_EQ(lines_of(path).size(), 2u);
    EXPECT_EQ(lost("malformed"), 1);
}

TEST_F(Encoder, a_payload_that_does_not_decode_is_written_as_bytes_and_counted) {
    consumer_driver driver(host, table);
    ASSERT_TRUE(driver.launch({{"path", path}}));
    builder.add(
        [](envelope_writer& to) { to.data("sonde.v1.ProcessEvent", 1, std::vector<std::uint8_t>{0x12, 0x7f}); });
    ASSERT_TRUE(driver.feed(builder.build()));
    ASSERT_TRUE(driver.stop());
    EXPECT_EQ(json::parse(lines_of(path).at(0)).at("data_base64"), "En8=");
    EXPECT_EQ(metric("payload.errors"), 1);
    EXPECT_EQ(metric("lost.lines"), 0);
}

TEST_F(Encoder, as_otlp_writes_one_line_for_what_a_batch_has_of_one_resource) {
    consumer_driver driver(host, table);
    ASSERT_TRUE(driver.launch({{"path", path}, {"format", "otlp"}}));
    ASSERT_TRUE(driver.feed(events(builder, 3)));
    ASSERT_TRUE(driver.feed(events(builder, 2)));
    ASSERT_TRUE(driver.stop());
    const auto lines = lines_of(path);
    ASSERT_EQ(lines.size(), 2u);
    const auto line = json::parse(lines[0]);
    const auto& scope = line.at("resourceLogs").at(0).at("scopeLogs").at(0);
    ASSERT_EQ(scope.at("logRecords").as_array().size(), 3u);
    const auto& record = scope.at("logRecords").at(2);
    EXPECT_EQ(record.at("eventName"), "sonde.v1.ProcessEvent");
    EXPECT_EQ(record.at("timeUnixNano"), "1700000000000000000");
    // Observed when the batch was sealed.
    EXPECT_EQ(std::string(record.at("observedTimeUnixNano").as_string()),
              std::to_string(sonde::testing::fake_clock::first_wall.count()));
    EXPECT_EQ(metric("written.lines"), 2);
    EXPECT_EQ(metric("lost.lines"), 0);
}

TEST_F(Encoder, as_otlp_counts_what_otlp_cannot_carry_and_what_does_not_decode) {
    consumer_driver driver(host, table);
    ASSERT_TRUE(driver.launch({{"path", path}, {"format", "otlp"}}));
    builder.add([](envelope_writer& to) {
        to.data("sonde.v1.MetricSet", 1, [](wire::writer& set) {
            set.message(2, [&] {        // a metric
                set.message(6, [] {});  // with a point that has no value
                set.message(6, [&] { set.uint(2, 7); });
            });
        });
    });
    builder.add(
        [](envelope_writer& to) { to.data("sonde.v1.UnifiedEvent", 1, std::vector<std::uint8_t>{0x12, 0x7f}); });
    builder.add_bytes(std::vector<std::uint8_t>{0x2a, 0x7f});
    ASSERT_TRUE(driver.feed(builder.build()));
    ASSERT_TRUE(driver.stop());
    EXPECT_EQ(lines_of(path).size(), 2u);
    EXPECT_EQ(host.metrics.value("encode_jsonl.not_representable", {{"reason", "no_value"}}), 1);
    EXPECT_EQ(host.metrics.value("encode_jsonl.not_representable", {{"reason", "buckets"}}), 0);
    EXPECT_EQ(metric("payload.errors"), 1);
    EXPECT_EQ(lost("malformed"), 1);
}

TEST_F(Encoder, an_unknown_format_is_refused) {
    consumer_driver driver(host, table);
    EXPECT_FALSE(driver.launch({{"path", path}, {"format", "xml"}}));
}

TEST_F(Encoder, damaged_bodies_account_for_every_item_and_never_crash) {
    consumer_driver driver(host, table);
    ASSERT_TRUE(driver.launch({{"path", path}, {"rotate_bytes", "0"}}));
    std::mt19937 random(3);
    std::int64_t produced = 0;
    for (int round = 0; round < 500; ++round) {
        built_batch batch = events(builder, 5);
        const auto bytes = batch.bytes().subspan(SONDE_BATCH_HEADER_SIZE);
        for (int left = 0; left < 3; ++left) {
            bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
        }
        ASSERT_TRUE(driver.feed(batch));
        produced += 5;
    }
    ASSERT_TRUE(driver.stop());
    const auto lines = lines_of(path);
    EXPECT_EQ(static_cast<std::int64_t>(lines.size()), metric("written.lines"));
    EXPECT_GT(lost("malformed"), 0);
    // A damaged tag can make one envelope look like two, never the other way round.
    EXPECT_GE(metric("written.lines") + lost("malformed"), produced);
    for (const std::string& line : lines) {
        json::error_code problem;
        static_cast<void>(json::parse(line, problem));
        EXPECT_FALSE(problem) << line;
    }
}

TEST_F(Encoder, batches_of_another_schema_are_refused) {
    consumer_driver driver(host, table);
    ASSERT_TRUE(driver.launch({{"path", path}}));
    built_batch batch = events(builder, 1);
    reinterpret_cast<sonde_batch_header*>(batch.bytes().data())->schema_id = 77;
    const auto refused = driver.feed(batch);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().text.find("77"), std::string::npos);
}

TEST_F(Encoder, wakes_for_a_due_sync_and_syncs) {
    consumer_driver driver(host, table);
    ASSERT_TRUE(driver.launch({{"path", path}, {"fsync", "interval"}, {"fsync_interval", "1s"}}));
    ASSERT_TRUE(driver.feed(events(builder, 1)));
    const auto next = driver.idle(host.clock.monotonic());
    EXPECT_EQ(next, host.clock.monotonic() + std::chrono::seconds(1));
    EXPECT_EQ(metric("syncs"), 0);
    host.clock.set_monotonic(next);
    EXPECT_EQ(driver.idle(next).count(), 0);
    EXPECT_EQ(metric("syncs"), 1);
}

TEST_F(Encoder, with_fsync_batch_lines_are_on_the_disk_before_consume_returns) {
    consumer_driver driver(host, table);
    ASSERT_TRUE(driver.launch({{"path", path}, {"fsync", "batch"}}));
    ASSERT_TRUE(driver.feed(events(builder, 1)));
    EXPECT_EQ(lines_of(path).size(), 1u);
    EXPECT_EQ(metric("syncs"), 1);
}

}  // namespace
}  // namespace sonde::encode_jsonl::testing
