// SPDX-License-Identifier: Apache-2.0
// How severe an event is, in numbers of the OpenTelemetry log data model, as sonde.v1.SeverityNumber.
#pragma once

#include <array>
#include <cstdint>

namespace sonde::enrich_context::decode {

enum class severity : std::uint32_t {
    trace = 1,
    debug = 5,
    info = 9,
    info2 = 10,
    warn = 13,
    error = 17,
    error2 = 18,
    error3 = 19,
    fatal = 21,
};

// By priority of syslog, from 0 "emerg" to 7 "debug": appendix B of the data model.
inline constexpr std::array syslog_severities{severity::fatal, severity::error3, severity::error2, severity::error,
                                              severity::warn,  severity::info2,  severity::info,   severity::debug};

}  // namespace sonde::enrich_context::decode
