// SPDX-License-Identifier: Apache-2.0
// Envelopes as log records: unified events by their own fields, anything else with its payload as body.
#pragma once

#include <cstdint>
#include <string>

#include "message_walker.hpp"
#include "otlp/attributes.hpp"

namespace sonde::schema::otlp {

// What of an envelope is the same for many: where it comes from. Used again and again, it keeps its memory.
struct origin {
    pb::Resource resource;
    pb::InstrumentationScope scope;

    void clear() {
        resource.Clear();
        scope.Clear();
    }
};

// A unified event, and of one with numbers in it those. Origin and record are the caller's, and empty at first.
struct read_event {
    origin& from;
    pb::LogRecord& record;  // on an arena, as all that is made for it
    std::string metrics{};  // a sonde.v1.MetricSet
    bool has_metrics = false;
    bool is_amendment = false;
};

class log_writer final {
public:
    log_writer();

    // False if the payload is not a unified event, or too large to be told field by field; `to` is then spoilt.
    [[nodiscard]] bool read(const envelope_view& envelope, read_event& to);
    // Any envelope, `to` likewise. False if its payload is not what its content type says: then the body are its bytes.
    bool write_raw(const envelope_view& envelope, origin& from, pb::LogRecord& to);

    // Resource and scope of an envelope that brings no context: its node, and its source.
    static void write_origin(const envelope_view& envelope, origin& to);
    // Time, identity and trace.
    static void write_identity(const envelope_view& envelope, std::uint64_t observed, pb::LogRecord& to);

private:
    void take_members(pb::KeyValueList& event, const envelope_view& envelope, read_event& to);

    plan_store plans_;
    message_walker walker_;
    const message_plan* event_plan_;
    message_plan without_metrics_;
};

}  // namespace sonde::schema::otlp
