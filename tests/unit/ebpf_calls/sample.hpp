// SPDX-License-Identifier: Apache-2.0
// A family of calls on a host that is none: records go in, envelopes come out.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>
#include <sonde_bpf/caller.h>

#include "ebpf/process/kernel_event_family.hpp"

namespace sonde::ebpf::calls {

inline sonde_caller sample_caller() {
    sonde_caller made{};
    made.process_start = 5'000'000'000;
    made.cgroup_id = 77;
    made.pid = 4321;
    made.tid = 4322;
    made.network_namespace = 4026531840;
    std::memcpy(made.name, "worker/1", 9);
    return made;
}

class call_desk {
public:
    explicit call_desk(process::kernel_event_family::description what)
        : topic_(what.topic),
          family_(host_.host(), std::move(what), std::make_shared<process::cgroup_names>("", "/proc")) {
        EXPECT_TRUE(family_.open(nothing_));
    }

    // The first `size` bytes of a record, which lies aligned as in the ring.
    bool hand_in(const void* record, std::size_t size) {
        std::vector<std::uint64_t> words(size / 8 + 1);  // never empty
        std::memcpy(words.data(), record, size);
        const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(words.data()), size);
        return family_.on_record({1'000, 0, static_cast<std::uint32_t>(size)}, bytes);
    }
    [[nodiscard]] std::vector<testing::envelope_record> told() { return host_.lane.envelopes(topic_); }

private:
    testing::fake_host host_;
    bpf::session nothing_ = *bpf::session::load({});  // with no hooks nothing is asked of the kernel
    const char* topic_;
    process::kernel_event_family family_;
};

template <class Message>
Message payload_of(const testing::envelope_record& record) {
    Message event;
    EXPECT_TRUE(event.ParseFromArray(record.data.data(), static_cast<int>(record.data.size())));
    return event;
}

}  // namespace sonde::ebpf::calls
