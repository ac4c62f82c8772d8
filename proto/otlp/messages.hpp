// SPDX-License-Identifier: Apache-2.0
// The generated messages of OTLP under a short name, and texts that are fit for them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <google/protobuf/arena.h>
#include <sonde/otlp/v1/common.pb.h>
#include <sonde/otlp/v1/logs.pb.h>
#include <sonde/otlp/v1/metrics.pb.h>
#include <sonde/otlp/v1/trace.pb.h>

#include "envelope_text.hpp"

namespace sonde::schema::otlp {

namespace pb = ::sonde::otlp::v1;

// A message where `beside` is, so that it can be moved into it without being copied.
template <class Message>
[[nodiscard]] Message& made_beside(const google::protobuf::Message& beside) {
    return *google::protobuf::Arena::CreateMessage<Message>(beside.GetArena());
}

// Receivers refuse a whole request for one text that is not UTF-8.
inline void set_utf8(std::string_view text, std::string& to) {
    to.clear();
    append_utf8(text, to);
}

inline std::string_view view_of(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace sonde::schema::otlp
