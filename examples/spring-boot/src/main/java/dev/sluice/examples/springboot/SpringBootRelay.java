// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.springboot;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.spi.Extensions;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** A Spring Boot application with a page on its web server and a relay on a port beside it. */
@SpringBootApplication
@EnableConfigurationProperties(RelayProperties.class)
@RestController
public class SpringBootRelay {
    /** Starts the application. */
    public static void main(String[] args) {
        SpringApplication.run(SpringBootRelay.class, args);
    }

    @GetMapping("/hello")
    String hello() {
        return "hello";
    }

    @Bean
    RelayConfig relayConfig(RelayProperties properties) {
        return RelayConfig.builder()
                .listen(properties.host(), properties.port())
                .cluster(ClusterConfig.of("openai", EndpointConfig.of(properties.upstream(),
                        properties.upstreamKey())))
                .route(RouteConfig.of("gpt-*", "openai"))
                .key(KeyConfig.ofSecret("alice", properties.callerKey()))
                .timeouts(TimeoutConfig.builder().drain(properties.drain()).build())
                .build();
    }

    @Bean
    Extensions relayExtensions() {
        return Extensions.NONE;
    }

    @Bean
    RelayLifecycle relay(RelayConfig config, Extensions extensions) {
        return new RelayLifecycle(config, extensions);
    }
}
