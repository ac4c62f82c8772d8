// SPDX-License-Identifier: Apache-2.0
// The Prometheus text page of a snapshot.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "observe/sample_sink.hpp"

namespace sonde::observe {

inline constexpr std::string_view prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

[[nodiscard]] std::string prometheus_page(std::span<const family> families);

}  // namespace sonde::observe
