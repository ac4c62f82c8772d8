// SPDX-License-Identifier: Apache-2.0
// Following the ebpf collector by what it puts on the bus.
#include "process/ebpf_source.hpp"

#include <array>
#include <deque>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/batch_builder.hpp>
#include <sonde/testing/fake_host.hpp>

#include "fake_proc.hpp"

namespace sonde::process {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using kind = v1::ProcessEvent;

// A collector that publishes on the bus, one lane of it.
class publisher_on_the_bus {
public:
    explicit publisher_on_the_bus(std::uint32_t lane) : lane_(lane), batches_(ebpf_topic) {}

    kind& add(kind::Kind what) {
        events_.emplace_back();
        events_.back().set_kind(what);
        return events_.back();
    }
    v1::Process& process(kind::Kind what, std::uint32_t pid, std::int64_t create_time) {
        v1::Process& made = *add(what).mutable_process();
        made.set_pid(pid);
        made.set_parent_pid(1);
        made.set_create_time_unix_nano(static_cast<std::uint64_t>(create_time));
        made.set_name("worker");
        made.set_user_id(7);
        return made;
    }
    v1::Process& sample(std::uint32_t pid, std::int64_t create_time, bool is_usage_only = false) {
        v1::Process& made = process(kind::KIND_SAMPLE, pid, create_time);
        made.set_state("S");
        made.set_threads(1);
        made.set_memory_rss(4096);
        if (!is_usage_only) {
            made.add_command_args("worker");
            made.set_executable_path("/usr/bin/worker");
        }
        events_.back().set_usage_only(is_usage_only);
        events_.back().set_snapshot_number(snapshot_);
        ++samples_;
        return made;
    }
    kind& end(std::chrono::nanoseconds interval = 10s, bool is_usage_only = false) {
        kind& made = add(kind::KIND_SNAPSHOT_END);
        made.set_snapshot_number(snapshot_++);
        made.mutable_snapshot_end()->set_processes(std::exchange(samples_, 0));
        made.mutable_snapshot_end()->set_interval_nano(static_cast<std::uint64_t>(interval.count()));
        made.mutable_snapshot_end()->set_is_usage_only(is_usage_only);
        return made;
    }
    // All that was added, without the first `lost`.
    testing::built_batch batch(std::size_t lost = 0) {
        for (std::size_t i = lost; i < events_.size(); ++i) {
            const std::string bytes = events_[i].SerializeAsString();
            batches_.add([&](envelope_writer& envelope) {
                envelope.time(1s, clock_quality::kernel);
                envelope.data(schema::content_type, schema::revision,
                              std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
            });
        }
        events_.clear();
        auto built = batches_.build(lost);
        reinterpret_cast<sonde_batch_header*>(built.bytes().data())->lane_id = lane_;
        return built;
    }

private:
    std::uint32_t lane_;
    testing::batch_builder batches_;
    std::deque<kind> events_;
    std::uint64_t snapshot_ = 1;
    std::uint32_t samples_ = 0;
};

class EbpfSourceTest : public ::testing::Test {
protected:
    EbpfSourceTest() : counted(host.host()), out(host.host(), counted) {
        EXPECT_TRUE(out.open());
        auto tree = proc_tree::open(proc.path(), "/nonexistent", counted, host.clock.wall());
        EXPECT_TRUE(tree);
        opened_before = host.metrics.value("process.files.opened");
        store.emplace(host.host(), counted, out, std::move(*tree), 100);
        source.emplace(host.host(), counted, *store);
        source->limit_arguments(4096);
    }
    void feed(testing::built_batch batch) {
        const sonde_batch given = batch.abi();
        EXPECT_TRUE(source->consume(batch_view(given)));
    }
    // Unix ns of so many ticks after the fixture's boot.
    [[nodiscard]] std::int64_t begun(std::uint64_t ticks) { return store->tree().clock().create_time(ticks); }
    [[nodiscard]] std::vector<std::uint32_t> pids() const {
        std::vector<std::uint32_t> found;
        for (const auto& row : store->rows()) {
            found.push_back(row.pid);
        }
        return found;
    }
    // Two processes, told whole.
    void adopt() {
        ebpf.sample(10, begun(1000));
        ebpf.sample(11, begun(1100)).set_parent_pid(10);
        ebpf.end();
        feed(ebpf.batch());
        ASSERT_TRUE(source->is_live());
    }

    fake_proc proc;
    testing::fake_host host;
    meters counted;
    publisher out;
    std::optional<process_store> store;
    std::optional<ebpf_source> source;
    publisher_on_the_bus ebpf{5};
    std::int64_t opened_before = 0;
};

TEST_F(EbpfSourceTest, is_followed_from_its_first_whole_snapshot_on) {
    ebpf.sample(10, begun(1000));
    feed(ebpf.batch());
    EXPECT_FALSE(source->is_live());
    EXPECT_THAT(pids(), IsEmpty()) << "half a snapshot says nothing";
    ebpf.sample(11, begun(1100));
    ebpf.end();
    feed(ebpf.batch());
    EXPECT_TRUE(source->is_live());
    EXPECT_THAT(pids(), ElementsAre(10, 11));
    EXPECT_EQ(store->find(10)->facts.arguments, std::string("worker\0", 7));
    EXPECT_EQ(store->find(10)->facts.start_ticks, 1000u);
    EXPECT_EQ(host.metrics.value("process.ebpf"), 1);
    EXPECT_EQ(host.metrics.value("process.files.opened"), opened_before) << "/proc is not asked";
    EXPECT_EQ(host.lane.envelopes(sample_topic).size(), 2u);
    EXPECT_THAT(host.lane.envelopes(event_topic), IsEmpty()) << "events are not told again";
}

TEST_F(EbpfSourceTest, a_snapshot_with_a_gap_is_not_believed) {
    ebpf.sample(10, begun(1000));
    ebpf.sample(11, begun(1100));
    ebpf.end();
    feed(ebpf.batch(1));
    EXPECT_FALSE(source->is_live());
    adopt();
}

TEST_F(EbpfSourceTest, what_is_incomplete_by_configuration_is_not_used_and_says_why) {
    ebpf.sample(10, begun(1000));
    ebpf.end().mutable_snapshot_end()->set_is_partial(true);
    feed(ebpf.batch());
    EXPECT_FALSE(source->is_live());
    EXPECT_EQ(source->why_not(), ebpf_source::absence::partial);
    ebpf.sample(10, begun(1000));
    ebpf.end(0s);
    feed(ebpf.batch());
    EXPECT_FALSE(source->is_live());
    EXPECT_EQ(source->why_not(), ebpf_source::absence::without_interval);
    ebpf.sample(10, begun(1000), true);
    ebpf.end(10s, true);
    feed(ebpf.batch());
    EXPECT_FALSE(source->is_live()) << "texts would be missing";
}

TEST_F(EbpfSourceTest, events_change_the_table_and_are_not_published_again) {
    adopt();
    ebpf.process(kind::KIND_FORK, 12, begun(2000)).set_parent_pid(11);
    v1::Process& made = ebpf.process(kind::KIND_EXEC, 11, begun(1100));
    made.set_name("other");
    made.set_executable_path("/bin/other");
    ebpf.process(kind::KIND_EXIT, 10, begun(1000));
    ebpf.process(kind::KIND_EXIT, 12, begun(500));  // of somebody who had the pid before
    feed(ebpf.batch());
    EXPECT_THAT(pids(), ElementsAre(11, 12));
    EXPECT_EQ(store->find(11)->facts.name, "other");
    EXPECT_EQ(store->find(11)->facts.executable, "/bin/other");
    EXPECT_EQ(store->find(12)->facts.arguments, std::string("worker\0", 7)) << "what its parent was";
    EXPECT_EQ(store->find(12)->facts.parent_pid, 11u);
    EXPECT_THAT(host.lane.envelopes(event_topic), IsEmpty());
    EXPECT_EQ(host.metrics.value("process.files.opened"), opened_before);
}

TEST_F(EbpfSourceTest, usage_changes_what_it_names_and_nothing_else) {
    adopt();
    host.clock.advance(10s);
    v1::Process& used = ebpf.sample(10, begun(1000), true);
    used.set_cpu_time_user(2);
    used.set_cpu_time_system(0.5);
    used.set_memory_rss(8192);
    used.set_open_files(3);
    ebpf.sample(11, begun(1100), true);
    ebpf.end(10s, true);
    feed(ebpf.batch());
    const process_facts& facts = store->find(10)->facts;
    EXPECT_EQ(facts.user_ticks, 200u);
    EXPECT_EQ(facts.system_ticks, 50u);
    EXPECT_EQ(facts.memory_rss, 8192u);
    EXPECT_EQ(facts.open_files, 3u);
    EXPECT_EQ(facts.arguments, std::string("worker\0", 7));
    EXPECT_EQ(facts.executable, "/usr/bin/worker");
    EXPECT_DOUBLE_EQ(facts.cpu_percent.value_or(-1), 25.0);
    // A thread that ended while the kernel looked: the times were left out, and the last ones stand.
    host.clock.advance(10s);
    ebpf.sample(10, begun(1000), true);
    ebpf.sample(11, begun(1100), true);
    ebpf.end(10s, true);
    feed(ebpf.batch());
    EXPECT_EQ(store->find(10)->facts.user_ticks, 200u);
    EXPECT_EQ(host.metrics.value("process.snapshots"), 3);
}

TEST_F(EbpfSourceTest, a_whole_snapshot_removes_whose_end_was_lost_and_one_with_a_gap_does_not) {
    adopt();
    ebpf.sample(11, begun(1100), true);
    ebpf.sample(13, begun(1300), true);
    ebpf.end(10s, true);
    feed(ebpf.batch(1));
    EXPECT_THAT(pids(), ElementsAre(10, 11, 13));
    EXPECT_EQ(host.metrics.value("process.snapshots.incomplete"), 1);
    ebpf.sample(11, begun(1100), true);
    ebpf.sample(13, begun(1300), true);
    ebpf.end(10s, true);
    feed(ebpf.batch());
    EXPECT_THAT(pids(), ElementsAre(11, 13));
}

TEST_F(EbpfSourceTest, a_reused_pid_is_another_process) {
    adopt();
    ebpf.sample(10, begun(5000), true);
    ebpf.sample(11, begun(1100), true);
    ebpf.end(10s, true);
    feed(ebpf.batch());
    EXPECT_EQ(store->find(10)->facts.start_ticks, 5000u);
    EXPECT_EQ(store->find(10)->facts.arguments, "");
}

TEST_F(EbpfSourceTest, who_a_process_is_does_not_change_with_who_tells_it) {
    fake_process known;
    known.pid = 10;
    known.start = 1000;
    proc.put(known);
    process_facts& draft = store->blank_draft(10);
    ASSERT_TRUE(store->tree().read(10, depth::full, draft));
    ASSERT_NE(store->keep(), nullptr);
    const std::int64_t before = store->find(10)->facts.create_time;
    ebpf.sample(10, begun(1001) + 3'000'000);  // by another clock, a little beside
    ebpf.end();
    feed(ebpf.batch());
    ASSERT_TRUE(source->is_live());
    EXPECT_EQ(store->find(10)->facts.create_time, before);
    EXPECT_EQ(store->find(10)->facts.start_ticks, 1000u);
}

TEST_F(EbpfSourceTest, is_given_up_after_three_intervals_of_silence) {
    adopt();
    const auto due = source->deadline();
    ASSERT_TRUE(due);
    EXPECT_EQ(*due, host.clock.monotonic() + 30s);
    source->check(*due - 1ns);
    EXPECT_TRUE(source->is_live());
    source->check(*due);
    EXPECT_FALSE(source->is_live());
    EXPECT_EQ(source->why_not(), ebpf_source::absence::silent);
    EXPECT_EQ(host.metrics.value("process.ebpf"), 0);
    adopt();  // and taken again as soon as it is whole
}

TEST_F(EbpfSourceTest, an_end_in_order_leaves_a_moment_for_the_next_publisher) {
    adopt();
    ebpf.add(kind::KIND_SOURCE_END);
    feed(ebpf.batch());
    EXPECT_TRUE(source->is_live());
    publisher_on_the_bus next(6);
    next.sample(10, begun(1000));
    next.end();
    feed(next.batch());
    source->check(host.clock.monotonic() + ebpf_source::grace);
    EXPECT_TRUE(source->is_live());
    EXPECT_THAT(pids(), ElementsAre(10));
    next.add(kind::KIND_SOURCE_END);
    feed(next.batch());
    source->check(host.clock.monotonic() + ebpf_source::grace);
    EXPECT_FALSE(source->is_live());
    EXPECT_EQ(source->why_not(), ebpf_source::absence::ended);
}

TEST_F(EbpfSourceTest, only_one_publisher_is_followed_at_a_time) {
    adopt();
    publisher_on_the_bus other(6);
    other.sample(99, begun(1000));
    other.end();
    other.process(kind::KIND_EXIT, 10, begun(1000));
    feed(other.batch());
    EXPECT_THAT(pids(), ElementsAre(10, 11));
}

TEST_F(EbpfSourceTest, zombies_are_no_news) {
    ebpf.sample(10, begun(1000)).set_state("Z");
    ebpf.sample(11, begun(1100));
    ebpf.end();
    feed(ebpf.batch());
    EXPECT_TRUE(source->is_live());
    EXPECT_THAT(pids(), ElementsAre(11));
}

TEST_F(EbpfSourceTest, malformed_batches_are_refused_and_harm_nothing) {
    adopt();
    testing::batch_builder broken(ebpf_topic);
    const std::array<std::uint8_t, 3> nonsense{0x0a, 0x7f, 0x00};
    broken.add_bytes(nonsense);
    auto built = broken.build();
    reinterpret_cast<sonde_batch_header*>(built.bytes().data())->lane_id = 5;
    const sonde_batch given = built.abi();
    EXPECT_FALSE(source->consume(batch_view(given)));
    EXPECT_THAT(pids(), ElementsAre(10, 11));
}

}  // namespace
}  // namespace sonde::process
