// SPDX-License-Identifier: Apache-2.0
// Sections that only some events have reach the published event, at once, after waiting, and in an amendment.
#include "enrich_context/pipeline/event_sections.hpp"

#include "fixture.hpp"

namespace sonde::enrich_context::testing {
namespace {

using namespace std::chrono_literals;

// Tells one change with each object, numbered, and only when it is asked.
class telling_store final : public pipeline::knowledge {
public:
    [[nodiscard]] answer find(const subject& who) override { return known.find(who); }
    [[nodiscard]] answer find_peer(const remote& where) override { return known.find_peer(where); }
    [[nodiscard]] std::uint64_t revision() const override { return known.revision(); }
    [[nodiscard]] std::span<const std::uint8_t> object_sections(const schema::envelope_view&) override {
        v1::UnifiedEvent event;
        event.add_state_changes()->set_name("Ready " + std::to_string(++asked));
        told = event.SerializeAsString();
        return bytes_of(told);
    }

    fake_store known;
    int asked = 0;

private:
    std::string told;
};

class Sections : public Pipeline {
protected:
    telling_store telling;

    void open_telling() {
        made.emplace(host.host(), telling, counts);
        ASSERT_TRUE(made->open(settings, host.clock.wall()));
    }
    void feed_object(std::uint32_t pid) {
        v1::KubernetesObject object;
        object.set_action(v1::KubernetesObject::ACTION_MODIFIED);
        object.set_kind("Pod");
        object.set_uid("u-1");
        feed([&](batch_builder& to) {
            to.add([&](envelope_writer& envelope) {
                envelope.time(1'700'000'000s, clock_quality::collector);
                envelope.process(pid, {});
                envelope.data("sonde.v1.KubernetesObject", 1, bytes_of(object.SerializeAsString()));
            });
        });
    }
};

TEST_F(Sections, of_an_object_are_in_its_event) {
    open_telling();
    telling.known.learn(42, complete("u-1"));
    feed_object(42);
    const auto all = events("event/k8s/");
    ASSERT_EQ(all.size(), 1u);
    ASSERT_EQ(all[0].state_changes_size(), 1);
    EXPECT_EQ(all[0].state_changes(0).name(), "Ready 1");
}

TEST_F(Sections, wait_and_are_amended_with_their_event_and_are_read_once) {
    open_telling();
    auto late = incomplete();
    late.is_awaited = true;
    telling.known.learn(42, late);
    telling.known.learn(43, complete("u-2"));
    feed_object(42);
    feed_object(43);
    ASSERT_EQ(events("event/k8s/").size(), 1u) << "the first one waits";
    EXPECT_EQ(events("event/k8s/")[0].state_changes(0).name(), "Ready 2");
    pass(1s);
    ASSERT_EQ(events("event/k8s/").size(), 2u);
    EXPECT_EQ(events("event/k8s/")[1].state_changes(0).name(), "Ready 1");
    telling.known.learn(42, complete("u-1"));
    pass(1s);
    const auto all = events("event/k8s/");
    ASSERT_EQ(all.size(), 3u);
    EXPECT_TRUE(all[2].is_amendment());
    ASSERT_EQ(all[2].state_changes_size(), 1);
    EXPECT_EQ(all[2].state_changes(0).name(), "Ready 1");
    EXPECT_EQ(telling.asked, 2);
    expect_conservation();
}

TEST_F(Sections, are_not_asked_for_where_there_are_none) {
    open_telling();
    feed_exec(42);
    pass(1s);
    ASSERT_EQ(events().size(), 1u);
    EXPECT_EQ(telling.asked, 0);
    EXPECT_EQ(events()[0].state_changes_size(), 0);
}

TEST_F(Sections, a_unit_tells_what_changed_as_its_collector_knows_it) {
    open();
    v1::SystemdUnitEvent unit;
    unit.set_action(v1::SystemdUnitEvent::ACTION_CHANGED);
    unit.set_name("web.service");
    unit.set_active_state("active");
    unit.set_previous_active_state("active");
    unit.set_sub_state("exited");
    unit.set_previous_sub_state("running");
    unit.set_state_change_time_unix_nano(5'000);
    feed_payload("sonde.v1.SystemdUnitEvent", unit.SerializeAsString());
    unit.set_action(v1::SystemdUnitEvent::ACTION_SAMPLED);
    feed_payload("sonde.v1.SystemdUnitEvent", unit.SerializeAsString());
    unit.set_action(v1::SystemdUnitEvent::ACTION_CHANGED);
    unit.clear_previous_active_state();
    unit.clear_previous_sub_state();
    feed_payload("sonde.v1.SystemdUnitEvent", unit.SerializeAsString());
    pass(1s);
    const auto all = events("event/systemd/");
    ASSERT_EQ(all.size(), 3u);
    ASSERT_EQ(all[0].state_changes_size(), 1);
    EXPECT_EQ(all[0].state_changes(0).name(), "SubState");
    EXPECT_EQ(all[0].state_changes(0).previous(), "running");
    EXPECT_EQ(all[0].state_changes(0).current(), "exited");
    EXPECT_EQ(all[0].state_changes(0).since_unix_nano(), 5'000u);
    EXPECT_FALSE(all[0].state_changes(0).has_previous_duration());
    EXPECT_EQ(all[1].state_changes_size(), 0) << "a sample";
    EXPECT_EQ(all[2].state_changes_size(), 0) << "seen for the first time";
}

TEST_F(Sections, a_payload_that_is_cut_still_has_its_figures) {
    settings.raw_limit = 16;
    open();
    v1::HttpEvent http;
    http.set_request_method("GET");
    http.set_requests(1);
    http.set_duration_sum(7'000'000);
    http.set_duration_min(7'000'000);
    http.set_duration_max(7'000'000);
    http.add_duration_counts(0);
    http.add_duration_counts(1);
    feed_payload("sonde.v1.HttpEvent", http.SerializeAsString());
    pass(1s);
    const auto all = events("event/network/");
    ASSERT_EQ(all.size(), 1u);
    EXPECT_TRUE(all[0].has_generic());
    EXPECT_EQ(all[0].operational().p99(), 7'000'000u);
    EXPECT_EQ(std::ranges::count(all[0].derived(), "operational"), 1);
}

}  // namespace
}  // namespace sonde::enrich_context::testing
