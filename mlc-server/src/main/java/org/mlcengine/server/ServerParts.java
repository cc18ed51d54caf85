package org.mlcengine.server;

/** What the routes of a server have in common. */
record ServerParts(
    Models models,
    ActiveWork work,
    Deadlines deadlines,
    ServerMetrics metrics,
    ServerLimits limits,
    boolean logPrompts) {}
