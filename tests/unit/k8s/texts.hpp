// SPDX-License-Identifier: Apache-2.0
// Objects for tests, as an API server writes them, and texts with the room behind them that the readers want.
#pragma once

#include <string>
#include <string_view>

#include "k8s/documents.hpp"

namespace sonde::k8s::testing {

// A text with readable bytes behind it.
class padded {
public:
    explicit padded(std::string_view text) : size_(text.size()), text_(text) {
        text_.append(document_reader::padding, '\0');
    }
    [[nodiscard]] std::string_view view() const noexcept { return std::string_view(text_).substr(0, size_); }

private:
    std::size_t size_;
    std::string text_;
};

inline std::string uid(int number) {
    const std::string digits = std::to_string(number);
    return "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

// An item of a list: without kind and version, as servers write them.
inline std::string item(std::string_view name, int uid_number, std::string_view version,
                        std::string_view in_namespace = "shop", std::string_view more = "") {
    std::string made = R"({"metadata":{"name":")";
    made.append(name).append(R"(","namespace":")").append(in_namespace).append(R"(","uid":")").append(uid(uid_number));
    made.append(R"(","resourceVersion":")").append(version).append("\"");
    return made.append(more).append("}}");
}

inline std::string list(std::string_view version, std::string_view items, std::string_view next = "") {
    std::string made = R"({"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":")";
    made.append(version).append("\"");
    if (!next.empty()) {
        made.append(R"(,"continue":")").append(next).append("\"");
    }
    return made.append(R"(},"items":[)").append(items).append("]}");
}

inline std::string frame(std::string_view type, std::string_view object) {
    return std::string(R"({"type":")").append(type).append(R"(","object":)").append(object).append("}\n");
}

}  // namespace sonde::k8s::testing
