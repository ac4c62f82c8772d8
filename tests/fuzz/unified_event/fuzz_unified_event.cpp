// SPDX-License-Identifier: Apache-2.0
// Payloads of every content type from collectors that may be anybody's: decoding and writing never fail, and what is
// written is a unified event.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <vector>

#include "enrich_context/decode/entity_key.hpp"
#include "enrich_context/decode/registry.hpp"
#include "enrich_context/pipeline/event_sections.hpp"
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

// What is no name of a content type stands for one all the same.
std::string_view type_of(std::string_view name) {
    const auto known = decode::known_decoders();
    const auto found = std::ranges::find(known, name, &decode::registered::content_type);
    return found != known.end() ? name : known[std::hash<std::string_view>{}(name) % known.size()].content_type;
}

}  // namespace

// An input is the size of the context, a content type that ends with a zero, the context, and the payload.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t end = input.find('\0', 1);
    if (end == std::string_view::npos) {
        return 0;
    }
    schema::envelope_view envelope;
    envelope.content_type = type_of(input.substr(1, end - 1));
    envelope.revision = 1;
    const std::span<const std::uint8_t> rest(data + end + 1, size - end - 1);
    const std::size_t half = std::min<std::size_t>(data[0], rest.size());
    envelope.data = rest.subspan(half);

    decode::decoded what;
    static_cast<void>(decode::decode(envelope, what));
    fuzzed_store store(rest.first(half));
    pipeline::finding found;
    found.look_up(store, what);
    pipeline::event_sections sections;
    sections.read(envelope, what, store);
    decode::key_buffer untold;
    pipeline::unified event{.raw = &envelope,
                            .what = &what,
                            .found = &found,
                            .facts = pipeline::read_facts(found.context()),
                            .entity_key = decode::key_of_untold(what.about, untold),
                            .sections = sections.bytes(),
                            .raw_limit = 1024,
                            .timed_out = size % 2 == 0};
    std::vector<std::uint8_t> room(pipeline::room_for(event));
    wire::writer out(room);
    envelope_writer to(out);
    pipeline::write(to, event);
    if (out.overflowed()) {
        std::abort();  // the room was said to be enough
    }
    return 0;
}
