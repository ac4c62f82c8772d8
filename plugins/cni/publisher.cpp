// SPDX-License-Identifier: Apache-2.0
#include "cni/publisher.hpp"

#include "cni/event_writer.hpp"

namespace sonde::cni {
namespace {

constexpr std::size_t size_hint = 1024;
constexpr std::chrono::milliseconds patience_with_lane{200};
constexpr std::array topics{log_topic, operation_topic, config_topic, result_topic, network_topic};

}  // namespace

result<void> publisher::open() {
    for (std::size_t i = 0; i < topics.size(); ++i) {
        auto opened = open_stream(host_, topics[i]);
        if (!opened) {
            return std::unexpected(opened.error());
        }
        streams_[i + 1] = *opened;
    }
    return {};
}

sonde_rc publisher::publish(const event& of, const event_id* id, std::chrono::nanoseconds patience) {
    const bool is_source_time = of.time.count() != 0;
    is_waiting_ = true;
    return streams_[static_cast<std::size_t>(of.source)].publish(
        [&](envelope_writer& envelope) {
            envelope.time(is_source_time ? of.time : host_.wall(),
                          is_source_time ? clock_quality::source : clock_quality::collector);
            if (of.is_snapshot) {
                envelope.snapshot();
            }
            envelope.process(of.pid, {}).container(of.container_id).pod(of.pod_uid, of.pod_name, of.pod_namespace);
            if (id != nullptr) {
                envelope.event_id(*id);
            }
            envelope.data(schema::content_type, schema::revision, [&](wire::writer& out) { write(out, of, scratch_); });
        },
        size_hint + of.raw.size() * 2, patience);
}

void publisher::tell(const event& of) {
    const auto part = static_cast<std::size_t>(of.source);
    // One wait for a lane that stays full: a snapshot may have thousands of events.
    const sonde_rc rc = publish(of, nullptr, is_full_ ? std::chrono::nanoseconds{} : patience_with_lane);
    is_full_ = rc == SONDE_AGAIN || rc == SONDE_DROPPED;
    if (rc == SONDE_OK) {
        meters_->events[part].add();
    } else {
        meters_->lost[part].add();
    }
    if (rc == SONDE_AGAIN) {
        streams_[part].drop(1, size_hint, drop_reason::lane_full);
    }
}

sonde_rc publisher::tell_line(const event& of, const event_id& id, std::chrono::nanoseconds patience) {
    const sonde_rc rc = publish(of, &id, patience);
    if (rc == SONDE_OK) {
        meters_->events[static_cast<std::size_t>(schema::source::log)].add();
    }
    return rc;
}

void publisher::flush() {
    if (is_waiting_) {
        streams_[1].flush();
        is_waiting_ = false;
    }
}

}  // namespace sonde::cni
