// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.engine.config.RelayConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The configuration files in the README are valid as written, except for the certificate paths. */
class ReadmeConfigTest {
    @Test
    void shouldReadTheExamplesOfTheReadme(@TempDir Path folder) throws IOException {
        Path pem = Files.writeString(folder.resolve("server.pem"), "");
        String readme = Files.readString(Path.of("..", "README.md"));
        List<String> blocks = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL).matcher(readme).results()
                .map(MatchResult::group).map(block -> block.replace("```yaml\n", "").replace("```", "")).toList();
        assertEquals(2, blocks.size());

        RelayConfig config = new ConfigLoader(variable -> "sk-x").parse("README.md", (blocks.get(0) + blocks.get(1))
                .replace("server.pem", pem.toString()).replace("server.key", pem.toString())).config();

        assertEquals(3, config.routes().size());
        assertEquals(1, config.allProfiles().get("house").rules().stream()
                .filter(rule -> "max_tokens".equals(rule.field())).count());
    }
}
