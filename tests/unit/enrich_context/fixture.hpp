// SPDX-License-Identifier: Apache-2.0
// A pipeline over a fake host and a fake store that knows what the test says.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <sonde/batch.hpp>
#include <sonde/schema/batch.hpp>
#include <sonde/testing/batch_builder.hpp>
#include <sonde/testing/fake_host.hpp>

#include "enrich_context/pipeline/pipeline.hpp"
#include "sonde/v1/event.pb.h"
#include "sonde/v1/process.pb.h"

namespace sonde::enrich_context::testing {

using sonde::testing::batch_builder;
using sonde::testing::envelope_record;
using sonde::testing::fake_host;

// Answers by pid; others are not known.
class fake_store final : public pipeline::knowledge {
public:
    struct known {
        v1::Context context;
        std::string key;
        bool may_improve = false;
        bool is_awaited = false;
    };
    void learn(std::uint32_t pid, known what) {
        by_pid_[pid] = std::move(what);
        ++revision_;
    }
    void learn_peer(const std::string& address, known what) {
        by_address_[address] = std::move(what);
        ++revision_;
    }
    [[nodiscard]] answer find(const subject& who) override { return give(by_pid_[who.pid], found_); }
    [[nodiscard]] answer find_peer(const remote& where) override {
        return give(by_address_[std::string(where.address.begin(), where.address.end())], peer_);
    }
    [[nodiscard]] std::uint64_t revision() const override { return revision_; }

    std::uint64_t revision_ = 1;

private:
    static answer give(const known& what, std::string& into) {
        into = what.context.SerializeAsString();
        return {{reinterpret_cast<const std::uint8_t*>(into.data()), into.size()},
                what.key,
                what.may_improve ? reason::not_found : reason::none,
                what.may_improve,
                what.is_awaited};
    }
    std::map<std::uint32_t, known> by_pid_;
    std::map<std::string, known> by_address_;
    std::string found_;  // an answer does not outlive the next call, as with the true store
    std::string peer_;
};

inline fake_store::known complete(const std::string& pod) {
    fake_store::known made;
    made.context.mutable_pod()->set_uid(pod);
    made.context.mutable_pod()->set_name(pod + "-name");
    made.context.mutable_pod()->set_namespace_("default");
    made.key = "pod:" + pod;
    return made;
}

inline fake_store::known incomplete() {
    fake_store::known made;
    auto* missing = made.context.add_missing();
    missing->set_section(v1::Context_Missing_Section_SECTION_POD);
    missing->set_reason(v1::Context_Missing_Reason_REASON_NOT_FOUND);
    made.may_improve = true;
    return made;
}

inline std::string exec_of(std::uint32_t pid, const std::vector<std::string>& arguments = {"sh"}) {
    v1::ProcessEvent event;
    event.set_kind(v1::ProcessEvent_Kind_KIND_EXEC);
    event.mutable_process()->set_pid(pid);
    for (const auto& each : arguments) {
        event.mutable_process()->add_command_args(each);
    }
    return event.SerializeAsString();
}

inline std::span<const std::uint8_t> bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline v1::UnifiedEvent unified_of(const envelope_record& record) {
    v1::UnifiedEvent event;
    EXPECT_EQ(record.content_type, "sonde.v1.UnifiedEvent");
    EXPECT_TRUE(event.ParseFromArray(record.data.data(), static_cast<int>(record.data.size())));
    return event;
}

class Pipeline : public ::testing::Test {
protected:
    fake_host host;
    fake_store store;
    tally counts{host.host()};
    pipeline::pipeline_settings settings;
    std::optional<pipeline::pipeline> made;
    batch_builder batches{"raw/test/", {"test_source", "test", "node-1", 3, {}, 7, 0, "1.2.3"}};

    pipeline::pipeline& open() {
        made.emplace(host.host(), store, counts);
        EXPECT_TRUE(made->open(settings, host.clock.wall()));
        return *made;
    }
    [[nodiscard]] std::chrono::nanoseconds now() const { return host.clock.monotonic(); }

    // One batch of whatever `fill` adds.
    void feed(const std::function<void(batch_builder&)>& fill) {
        fill(batches);
        const auto batch = batches.build();
        const sonde_batch abi = batch.abi();
        schema::batch_reader reader;
        const batch_view view(abi);
        reader.open(view.body(), view.header().first_item, view.topic());
        while (const schema::envelope_view* each = reader.next()) {
            made->take(*each, reader.record(), now());
        }
    }
    void feed_payload(std::string_view content_type, const std::string& payload, std::uint32_t revision = 1) {
        feed([&](batch_builder& to) {
            to.add([&](envelope_writer& envelope) {
                envelope.time(std::chrono::seconds(1'700'000'000), clock_quality::kernel);
                envelope.data(content_type, revision, bytes_of(payload));
            });
        });
    }
    void feed_exec(std::uint32_t pid, const std::vector<std::string>& arguments = {"sh"}) {
        feed_payload("sonde.v1.ProcessEvent", exec_of(pid, arguments));
    }
    // A second passes in small steps, as with a host that calls idle.
    void pass(std::chrono::nanoseconds time) {
        for (auto rest = time; rest > std::chrono::nanoseconds(0);) {
            const auto step = std::min(rest, std::chrono::nanoseconds(10'000'000));
            host.clock.advance(step);
            static_cast<void>(made->turn(now()));
            rest -= step;
        }
    }
    [[nodiscard]] std::vector<v1::UnifiedEvent> events(std::string_view topic = "event/process/") const {
        std::vector<v1::UnifiedEvent> all;
        for (const auto& each : host.lane.envelopes(topic)) {
            all.push_back(unified_of(each));
        }
        return all;
    }
    [[nodiscard]] std::uint64_t dropped() const {
        std::uint64_t sum = 0;
        for (const count& each : counts.dropped) {
            sum += each.value();
        }
        return sum;
    }
    void expect_conservation() const {
        EXPECT_EQ(counts.taken.value(), counts.published.value() + counts.held() + dropped());
    }
};

}  // namespace sonde::enrich_context::testing
