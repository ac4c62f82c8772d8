// SPDX-License-Identifier: Apache-2.0
// Whether a payload is a message with UTF-8 in all its texts, before protobuf's own parser sees it: that complains on
// standard error about each text that is not.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "message_walker.hpp"

namespace sonde::schema::otlp {

class text_check final {
public:
    // `type` is the full name of a message that is linked into the process.
    [[nodiscard]] bool holds(std::string_view type, std::span<const std::uint8_t> payload);

private:
    plan_store plans_;
    message_walker walker_;
};

}  // namespace sonde::schema::otlp
