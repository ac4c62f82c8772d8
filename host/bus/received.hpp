// SPDX-License-Identifier: Apache-2.0
// The two frames of a message and the view into them. Freed by whoever lets go last (batch_ref.hpp).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <sonde/abi/batch.h>

#include "bus/position.hpp"
#include "bus/zmq_socket.hpp"

namespace sonde::bus {

class received {
public:
    zmq_message topic;
    zmq_message body;
    sonde_batch view{};
    std::shared_ptr<position> from;
    std::atomic<std::uint32_t> owners{1};

    received() = default;
    received(const received&) = delete;
    received& operator=(const received&) = delete;
    ~received();

    // Makes `view` show the frames; `header` lies in the second one.
    void show(const sonde_batch_header& header) noexcept;
};

}  // namespace sonde::bus
