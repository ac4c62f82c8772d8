// SPDX-License-Identifier: Apache-2.0
#include "relay/forward.hpp"

#include <string>

namespace sonde::relay {

result<void> forward::configure(const settings& values) {
    auto read = read_forward_options(values);
    if (!read) {
        return std::unexpected(read.error());
    }
    values_ = std::move(*read);
    return {};
}

result<void> forward::start() {
    letterbox_.emplace(values_.outbox, values_.roots);
    if (auto started = letterbox_->start(); !started) {
        return started;
    }
    courier_.emplace(host_, values_, meters_, *letterbox_);
    return courier_->start();
}

result<void> forward::consume(const batch_view& batch) {
    meters_.taken.add(batch.items());
    // What was relayed here goes no further: agents that forward to each other would never come to an end.
    if (!batch.topic().starts_with(schema::raw_root) || batch.topic().starts_with(schema::relayed_root)) {
        meters_.unwanted.add(batch.items());
        return {};
    }
    if (!letterbox_->knows_node()) {
        body whose;
        if (batch.header().schema_id != SONDE_SCHEMA_ENVELOPE_BATCH || !whose.read(batch.body())) {
            meters_.malformed.add(batch.items());
            return fail(errc::invalid, "a batch does not say where its events come from", std::string(batch.topic()));
        }
        letterbox_->name_node(whose.from());
    }
    switch (letterbox_->put({batch.topic(), batch.items(), batch.body()}, host_.monotonic())) {
    case outbox::verdict::taken: return {};
    case outbox::verdict::full:
        meters_.full.add(batch.items());
        return fail(errc::exhausted, "the buffer is full of events that the receiver has not acknowledged");
    case outbox::verdict::oversize: break;
    }
    meters_.oversize.add(batch.items());
    return fail(errc::exhausted, "a batch is larger than a request may be; see [bus] record_limit");
}

result<void> forward::stop(std::chrono::nanoseconds deadline) {
    if (!courier_) {
        return {};
    }
    const std::uint64_t left = courier_->finish(deadline);
    courier_.reset();
    letterbox_.reset();
    meters_.waiting.set(0);
    meters_.is_connected.set(0);
    if (left == 0) {
        return {};
    }
    meters_.shutdown.add(left);
    return fail(errc::failed, std::to_string(left) + " events were not acknowledged before the stop");
}

}  // namespace sonde::relay
