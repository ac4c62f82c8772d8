// SPDX-License-Identifier: Apache-2.0
// What the words of a message mean: which operation it is about, and what has happened.
#pragma once

#include <string_view>

#include "cni/schema.hpp"

namespace sonde::cni {

struct word_facts {
    schema::operation operation = schema::operation::unspecified;
    schema::kind kind = schema::kind::unspecified;  // unspecified: none of those that can be told by words
};

[[nodiscard]] word_facts read_words(std::string_view message) noexcept;

// Is it the name of a level at which something has failed: "ERROR", "err", "fatal", "E"?
[[nodiscard]] bool is_failure_level(std::string_view level) noexcept;

}  // namespace sonde::cni
