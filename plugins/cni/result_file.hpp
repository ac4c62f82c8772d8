// SPDX-License-Identifier: Apache-2.0
// A result of plugins: as libcni keeps it (cniCacheV1), and as a plugin prints it, of all versions of the protocol. Any
// bytes give an answer. Keeps the document that the texts of the event lie in.
#pragma once

#include <memory>
#include <string_view>

#include <sonde/result.hpp>

#include "cni/event.hpp"

namespace sonde::cni {

class result_reader {
public:
    result_reader();
    ~result_reader();
    result_reader(const result_reader&) = delete;
    result_reader& operator=(const result_reader&) = delete;

    // Fills in `into`, whose texts live until the next call. `raw` is the result itself, without its configuration.
    [[nodiscard]] result<void> read(std::string_view text, event& into);

private:
    struct room;
    std::unique_ptr<room> room_;
};

}  // namespace sonde::cni
