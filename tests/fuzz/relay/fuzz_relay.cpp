// SPDX-License-Identifier: Apache-2.0
// Any bytes as a request of a sender, and as a body in one. Whatever is read stays within what was given, and a body
// that is published behind another resource reads as it did alone: same origin, same events at the same places.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <sonde/schema/batch.hpp>

#include "relay/body.hpp"
#include "relay/messages.hpp"

namespace {

using namespace sonde::relay;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

template <class Part>
bool is_within(const Part& part, bytes whole) {
    const auto* const begin = reinterpret_cast<const std::uint8_t*>(part.data());
    return part.empty() || (begin >= whole.data() && begin + part.size() <= whole.data() + whole.size());
}

void publish(bytes from) {
    body of;
    if (!of.read(from)) {
        return;
    }
    require(is_within(of.from().node_name, from) && is_within(of.from().topic, from));
    std::size_t items = 0;
    for (std::size_t at = 0; at < of.items();) {
        const body::part part = of.part_from(at);
        require(part.begin == at && part.end > at && part.end <= of.items());
        std::vector<std::uint8_t> carried(part.size + 256);
        sonde::wire::writer out(carried);
        write_resource({"receive_raw", "receive_raw", "carrier", 1, "raw/relay/", 3, 9, "1"}, out);
        of.write(part, out);
        require(!out.overflowed());
        sonde::schema::batch_reader reader;
        reader.open(bytes(carried).first(out.size()), 9, "raw/relay/");
        require(!reader.broken());
        std::size_t readable = 0;
        while (const auto* envelope = reader.next()) {
            require(envelope->resource.node_name == of.from().node_name);
            require(envelope->resource.topic == of.from().topic);
            require(envelope->resource.source == of.from().source);
            require(envelope->resource.source_version == of.from().source_version);
            require(envelope->resource.stream_uid == of.from().stream_uid);
            require(envelope->resource.first_item == of.from().first_item + at);
            require(envelope->item < envelope->resource.first_item + (part.end - part.begin) ||
                    envelope->resource.first_item + (part.end - part.begin) < envelope->resource.first_item);
            ++readable;
        }
        require(readable + reader.malformed() == part.end - part.begin);
        items += part.end - part.begin;
        at = part.end;
    }
    require(items == of.items());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const bytes given(data, size);
    publish(given);
    static_cast<void>(read_response(given));
    const auto request = read_request(given);
    if (!request) {
        return 0;
    }
    std::string again = begin_request(request->session, request->number);
    for (const relayed_batch& each : request->batches) {
        require(is_within(each.topic, given) && is_within(each.body, given));
        publish(each.body);
        append(again, each);
    }
    const auto read = read_request({reinterpret_cast<const std::uint8_t*>(again.data()), again.size()});
    require(read && read->session == request->session && read->number == request->number);
    require(read->batches.size() == request->batches.size());
    return 0;
}
