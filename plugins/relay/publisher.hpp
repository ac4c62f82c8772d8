// SPDX-License-Identifier: Apache-2.0
// Publishes batches of other agents as what they are: each is a batch of its own on the bus, with the resource and the
// event ids that it had. Topics lie below raw/relay/, so that a collector that reads what another one on its host tells
// does not read of other hosts.
#pragma once

#include <functional>
#include <map>
#include <string>

#include <sonde/lane.hpp>

#include "relay/body.hpp"
#include "relay/messages.hpp"
#include "relay/receive_meters.hpp"

namespace sonde::relay {

class publisher {
public:
    publisher(const host& on, const receive_meters& counted) : host_(on), meters_(&counted) {}

    [[nodiscard]] result<void> start();
    // What of a request has been published, to go on where there was no room.
    struct progress {
        std::size_t batch = 0;
        std::size_t item = 0;  // of that batch and those that go with it
    };
    // False if there is no room for now; what is lost is counted.
    [[nodiscard]] bool publish(const request_view& request, progress& at);

private:
    [[nodiscard]] std::size_t join(const request_view& request, std::size_t first);
    [[nodiscard]] bool publish_body(std::string_view topic, std::size_t& item);
    [[nodiscard]] const stream& stream_of(std::string_view topic);

    host host_;
    const receive_meters* meters_;
    stream any_;  // for topics that find no stream of their own
    std::map<std::string, stream, std::less<>> streams_;
    body body_;
};

}  // namespace sonde::relay
