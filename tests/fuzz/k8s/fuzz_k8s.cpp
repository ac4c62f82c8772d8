// SPDX-License-Identifier: Apache-2.0
// Any bytes as what an API server, a kubelet or a kubeconfig may say. The first byte chooses how they are read. Frames
// must be the same however the stream is cut, and what is written of an object must read as the same object.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "k8s/access.hpp"
#include "k8s/documents.hpp"
#include "k8s/frame_splitter.hpp"
#include "k8s/kubelet_conditions.hpp"
#include "k8s/object_store.hpp"
#include "k8s/tracker.hpp"

namespace {

using namespace sonde::k8s;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

std::vector<std::string> frames_of(std::string_view bytes, std::size_t piece) {
    std::vector<std::string> frames;
    frame_splitter splitter(512);
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
        splitter.feed(bytes.substr(0, piece), [&](std::string_view line) {
            frames.emplace_back(line);
            return true;
        });
    }
    return frames;
}

void round_trip(const object_facts& object, const document_reader& reader, const kind_info& kind) {
    std::string json;
    reader.render(object, json);
    const std::string name(object.name);
    const std::size_t relations = object.relations.size();
    const std::size_t size = json.size();
    json.append(document_reader::padding, '\0');
    document_reader again({});
    const auto second = again.read_object(std::string_view(json).substr(0, size), kind);
    require(second && (*second)->name == name && (*second)->relations.size() == relations);
}

void as_watch(std::string_view bytes, const kind_info& kind) {
    tracker objects(kind, {}, {}, 16, [](const change&) {});
    document_reader reader({});
    frame_splitter splitter(1U << 20);
    splitter.feed(bytes, [&](std::string_view line) {
        const auto frame = reader.read_frame(line, kind);
        if (frame && frame->object != nullptr) {
            round_trip(*frame->object, reader, kind);
            objects.take_frame(frame->type, *frame->object, reader);
        }
        return frame.has_value();
    });
    objects.begin_list();
    objects.end_list();
    objects.tell_all(change_origin::snapshot);
}

void as_list(std::string_view bytes, const kind_info& kind) {
    std::string text(bytes);
    text.append(document_reader::padding, '\0');
    document_reader reader({});
    static_cast<void>(reader.read_list(std::string_view(text).substr(0, bytes.size()), kind,
                                       [&](const object_facts& object) { round_trip(object, reader, kind); }));
}

void as_kubelet(std::string_view bytes) {
    condition_book book([](const condition_event&) {});
    for (int look = 0; look < 2; ++look) {
        if (const auto pods = read_pods(bytes)) {
            book.take_pods(*pods);
        }
        if (const auto summary = read_summary(bytes)) {
            book.take_summary(*summary);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const kind_info& kind = all_kinds()[data[0] / 8 % kind_count];
    switch (data[0] % 8) {
    case 0: as_list(bytes, kind); break;
    case 1: as_kubelet(bytes); break;
    case 2: static_cast<void>(read_kubeconfig(bytes, "", "/etc")); break;
    case 3:
        static_cast<void>(read_status(bytes));
        static_cast<void>(read_groups(bytes));
        static_cast<void>(parse_time(bytes));
        break;
    case 4: require(frames_of(bytes, 1) == frames_of(bytes, 7) && frames_of(bytes, 7) == frames_of(bytes, 4096)); break;
    default: as_watch(bytes, kind); break;
    }
    return 0;
}
