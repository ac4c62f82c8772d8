// SPDX-License-Identifier: Apache-2.0
#include "relay/publisher.hpp"

#include <algorithm>
#include <chrono>

namespace sonde::relay {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds patience = 20ms;  // with a full lane; then it is looked whether to stop
constexpr std::size_t longest_topic = 128;
constexpr std::size_t most_streams = 60;  // of the lane's 64

bool is_raw_topic(std::string_view topic) {
    const auto is_usual = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/';
    };
    return topic.starts_with(schema::raw_root) && !topic.starts_with(schema::relayed_root) && topic.ends_with('/') &&
           topic.size() > schema::raw_root.size() && topic.size() <= longest_topic &&
           std::ranges::all_of(topic, is_usual);
}

}  // namespace

result<void> publisher::start() {
    auto opened = open_stream(host_, schema::relayed_root);
    if (!opened) {
        return std::unexpected(opened.error());
    }
    any_ = *opened;
    return {};
}

const stream& publisher::stream_of(std::string_view topic) {
    if (const auto known = streams_.find(topic); known != streams_.end()) {
        return known->second;
    }
    if (streams_.size() >= most_streams) {
        return any_;
    }
    const auto opened =
        open_stream(host_, std::string(schema::relayed_root) + std::string(topic.substr(schema::raw_root.size())));
    return opened ? streams_.emplace(topic, *opened).first->second : any_;
}

bool publisher::publish(const request_view& request, progress& at) {
    while (at.batch < request.batches.size()) {
        const relayed_batch& first = request.batches[at.batch];
        if (!is_raw_topic(first.topic) || !body_.read(first.body)) {
            any_.drop(first.items, first.body.size(), drop_reason::malformed);
            meters_->malformed.add(first.items);
            ++at.batch;
            continue;
        }
        const std::size_t end = join(request, at.batch);
        if (!publish_body(first.topic, at.item)) {
            meters_->waits.add();
            return false;
        }
        std::uint64_t promised = 0;
        for (; at.batch < end; ++at.batch) {
            promised += request.batches[at.batch].items;
        }
        if (promised > body_.items()) {  // they lie behind a break
            stream_of(first.topic).drop(promised - body_.items(), 0, drop_reason::malformed);
            meters_->malformed.add(promised - body_.items());
        }
        at.item = 0;
    }
    return true;
}

// Small batches of one stream become one: there are many where events are few. Returns where they end.
std::size_t publisher::join(const request_view& request, std::size_t first) {
    std::size_t end = first + 1;
    while (end < request.batches.size() && request.batches[end].topic == request.batches[first].topic &&
           body_.join(request.batches[end].body)) {
        ++end;
    }
    return end;
}

bool publisher::publish_body(std::string_view topic, std::size_t& item) {
    const stream& to = stream_of(topic);
    while (item < body_.items()) {
        const body::part part = body_.part_from(item);
        const auto count = static_cast<std::uint32_t>(part.end - part.begin);
        const sonde_rc rc =
            to.publish_batch([&](wire::writer& out) { body_.write(part, out); }, part.size, count, patience);
        if (rc == SONDE_AGAIN) {
            return false;
        }
        (rc == SONDE_OK ? meters_->published : meters_->dropped).add(count);
        item = part.end;
    }
    return true;
}

}  // namespace sonde::relay
