// SPDX-License-Identifier: Apache-2.0
// Keeps what libbpf prints on this thread while the object lives. libbpf has one print function per process: ours is
// installed with the first capture, hands each line to the capture of its thread, and drops the others. It is taken out
// when the module is unloaded.
#pragma once

#include <string>
#include <string_view>

namespace sonde::bpf {

class log_capture final {
public:
    log_capture() noexcept;
    ~log_capture();
    log_capture(const log_capture&) = delete;
    log_capture& operator=(const log_capture&) = delete;

    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    void append(std::string_view line);

private:
    log_capture* outer_;
    std::string text_;
};

}  // namespace sonde::bpf
