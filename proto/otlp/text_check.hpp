// SPDX-License-Identifier: Apache-2.0
// Whether all texts of a payload are UTF-8, before protobuf's own parser sees it: that complains on standard error
// about each that is not, also about those that later ones replace.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "message_plan.hpp"

namespace sonde::schema::otlp {

class text_check final {
public:
    // `type` is the full name of a message that is linked into the process. False also if the payload is malformed.
    [[nodiscard]] bool holds(std::string_view type, std::span<const std::uint8_t> payload);

private:
    plan_store plans_;
};

}  // namespace sonde::schema::otlp
