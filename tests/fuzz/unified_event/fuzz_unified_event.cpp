// SPDX-License-Identifier: Apache-2.0
// Payloads of every content type from collectors that may be anybody's: decoding and writing never fail, and what is
// written is a unified event.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "enrich_context/decode/registry.hpp"
#include "enrich_context/pipeline/event_writer.hpp"

namespace {

using namespace sonde;
using namespace sonde::enrich_context;

// Its answers are what the input says they are.
class fuzzed_store final : public pipeline::knowledge {
public:
    explicit fuzzed_store(std::span<const std::uint8_t> context) : context_(context) {}
    answer find(const subject&) override { return {context_, "key", reason::not_found, true}; }
    answer find_peer(const remote&) override { return {context_, "key", reason::not_found, true}; }
    std::uint64_t revision() const override { return 1; }

private:
    std::span<const std::uint8_t> context_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    const auto known = decode::known_decoders();
    schema::envelope_view envelope;
    envelope.content_type = known[data[0] % known.size()].content_type;
    envelope.revision = 1;
    const std::size_t half = std::min<std::size_t>(data[1], size - 2);
    const std::span<const std::uint8_t> rest(data + 2, size - 2);
    envelope.data = rest.subspan(half);

    decode::decoded what;
    static_cast<void>(decode::decode(envelope, what));
    fuzzed_store store(rest.first(half));
    pipeline::finding found;
    found.look_up(store, what);
    pipeline::unified event{&envelope,     &what, &found, pipeline::read_facts(found.context()), 1024, false,
                            size % 2 == 0, false, false};
    std::vector<std::uint8_t> room(pipeline::room_for(event));
    wire::writer out(room);
    envelope_writer to(out);
    pipeline::write(to, event);
    if (out.overflowed()) {
        std::abort();  // the room was said to be enough
    }
    return 0;
}
