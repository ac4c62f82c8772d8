// SPDX-License-Identifier: Apache-2.0
#include "host/publisher.hpp"

#include <algorithm>
#include <string>

#include "common/host_message.hpp"
#include "common/valid_utf8.hpp"

namespace sonde::host_metrics {

result<void> publisher::open() {
    for (const auto& [to, topic] : {std::pair(&metrics_, metric_topic), std::pair(&info_, info_topic)}) {
        auto opened = open_stream(host_, topic);
        if (!opened) {
            return std::unexpected(opened.error());
        }
        *to = *opened;
    }
    return {};
}

void publisher::publish(group_kind kind, const group& measured, std::uint64_t boot_time) {
    const auto now = host_.wall();
    const auto fill = [&](envelope_writer& envelope) {
        envelope.time(now, clock_quality::collector);
        envelope.data(schema::metric_type, schema::revision, [&](wire::writer& out) {
            out.text(schema::set_group, group_names[static_cast<std::size_t>(kind)]);
            metric_writer metrics(out, boot_time);
            measured.write(metrics);
            size_hint_ = std::max(size_hint_, out.size());
        });
    };
    // Whatever is refused has been counted by the lane.
    static_cast<void>(metrics_.publish(fill, size_hint_ + stream::first_try));
}

void publisher::publish(const common::host_identity& of, const tags& with, std::uint64_t boot_time, bool is_snapshot) {
    const auto now = host_.wall();
    std::string scratch;
    const auto text = [&](wire::writer& out, std::uint32_t field, const std::string& value) {
        out.text_if(field, common::valid_utf8(value, scratch));
    };
    const auto fill = [&](envelope_writer& envelope) {
        envelope.time(now, clock_quality::collector);
        if (is_snapshot) {
            envelope.snapshot();
        }
        envelope.data(schema::host_type, schema::revision, [&](wire::writer& out) {
            out.message(schema::event_host, [&] { common::write_host(of, out); });
            if (boot_time != 0) {
                out.fixed64(schema::event_boot_time, boot_time);
            }
            for (const auto& [name, value] : with) {
                out.message(schema::event_tags, [&] {
                    text(out, schema::entry_key, name);
                    text(out, schema::entry_value, value);
                });
            }
        });
    };
    static_cast<void>(info_.publish(fill));
}

}  // namespace sonde::host_metrics
