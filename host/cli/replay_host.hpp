// SPDX-License-Identifier: Apache-2.0
// The host of an enricher that is fed a recording: time is the recording's, and what is published is kept in memory as
// batches. Equal input gives equal output. Used by one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/abi/batch.h>
#include <sonde/abi/host.h>

struct sonde_buffer;

namespace sonde::cli {

// Header, topic and body of one batch; plugins may keep it.
struct replayed_batch {
    std::string topic;
    std::vector<std::uint8_t> body;
    sonde_batch_header header{};
    const void* publisher = nullptr;  // the host whose instance published it; null: from the recording

    [[nodiscard]] sonde_batch view() noexcept;
};
using replayed_batch_ptr = std::shared_ptr<replayed_batch>;

// CLOCK_MONOTONIC and Unix time as the recording has them. Never goes back.
struct replay_clock {
    std::int64_t monotonic = 0;
    std::int64_t wall_offset = 0;
    void advance(std::int64_t to) noexcept { monotonic = to > monotonic ? to : monotonic; }
};

class replay_host final {
public:
    replay_host(std::string type, std::string name, std::string node_name, const replay_clock& clock);
    replay_host(const replay_host&) = delete;
    replay_host& operator=(const replay_host&) = delete;
    ~replay_host();

    [[nodiscard]] const sonde_host* abi() const noexcept { return &abi_; }
    // What was published since the last call, in its order.
    [[nodiscard]] std::vector<replayed_batch_ptr> take();
    // Of a batch that is given to the instance, so that it can be retained.
    void offer(const replayed_batch_ptr& batch) { offered_ = batch; }

private:
    struct extensions;
    struct open_stream;

    [[nodiscard]] open_stream& stream(std::uint32_t id);
    void seal(open_stream& full);

    const std::string type_;
    const std::string name_;
    const std::string node_name_;
    const replay_clock* clock_;
    sonde_host abi_{};
    std::deque<open_stream> streams_;
    std::vector<std::uint32_t> order_;  // streams with an open batch, in the order of their first envelopes
    std::vector<replayed_batch_ptr> sealed_;
    replayed_batch_ptr offered_;
    std::multiset<replayed_batch_ptr> retained_;
};

}  // namespace sonde::cli
