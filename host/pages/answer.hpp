// SPDX-License-Identifier: Apache-2.0
// Forms that several pages share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/message.hpp"
#include "observe/json.hpp"
#include "observe/metrics.hpp"
#include "run/status.hpp"

namespace sonde::pages {

[[nodiscard]] api::response json_answer(observe::json_writer&& json, int status = 200);
[[nodiscard]] api::response text_answer(std::string text, int status = 200);

// "ok", "recoverable", "permanent", "fatal".
[[nodiscard]] std::string_view health_name(sonde::health of) noexcept;

// "2024-05-01T12:00:00.123Z" as a value; null for 0, which stands for never.
void write_time(observe::json_writer& to, std::int64_t unix_ns);
// {"key":"value", ...}
void write_labels(observe::json_writer& to, const observe::labels& with);
// [{"name":..., "kind":"counter", "unit":..., "labels":{...}, "value":...}, ...]
void write_readings(observe::json_writer& to, const observe::readings& from);
// Members of an instance's object; the caller opens and closes it and may add more.
void write_instance(observe::json_writer& to, const run::instance_status& of);

[[nodiscard]] inline double seconds(std::int64_t ns) noexcept { return static_cast<double>(ns) / 1e9; }

}  // namespace sonde::pages
