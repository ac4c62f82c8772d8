// SPDX-License-Identifier: Apache-2.0
// What a line of a CNI plugin's log says: JSON, logfmt (key=value), klog, and the plain forms of the plugins that have
// their own. Any bytes give an event; what is not understood is told as it is. Not thread-safe: it keeps room to work
// in.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "cni/event.hpp"

namespace sonde::cni {

enum class log_form : std::uint8_t { plain, logfmt, json };

class log_parser {
public:
    log_parser();
    ~log_parser();
    log_parser(const log_parser&) = delete;
    log_parser& operator=(const log_parser&) = delete;

    // Fills in `into`, which is clear; its texts lie in `line` or in the parser, and live until the next call.
    log_form parse(std::string_view line, event& into);

private:
    struct json_room;

    [[nodiscard]] bool read_json(std::string_view line, event& into);

    std::unique_ptr<json_room> room_;
};

}  // namespace sonde::cni
