// Notes which public methods of a client a run has used, so that none is forgotten. What is public is
// read off the prototypes of the installed release; a method counts once one call of it has returned.

// TypeScript's private methods are visible here, and some public ones never reach a server.
const NOT_PUBLIC = new Set([
  "constructor", "_path", "path", "init", "validate", "setName", "setMetadata", "embed", "sparseEmbed",
  "getSparseEmbeddingTargets", "applySparseEmbeddingsToMetadatas", "embedKnnLiteral", "embedRankLiteral",
  "embedSearchPayload", "getSchemaEmbeddingFunction", "prepareRecords", "validateGet", "prepareQuery",
  "validateDelete",
]);

export class Watch {
  methods = {};

  // Watches every public method of a prototype under the name of its class.
  observe(label, prototype) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (typeof property.value !== "function" || NOT_PUBLIC.has(name)) {
        continue;
      }
      this.methods[`${label}.${name}`] ??= "unused";
      const methods = this.methods;
      Object.defineProperty(prototype, name, {
        ...property,
        value(...args) {
          const result = property.value.apply(this, args);
          const note = () => {
            methods[`${label}.${name}`] = "answered";
          };
          Promise.resolve(result).then(note, () => {});
          return result;
        },
      });
    }
  }

  // Notes that the server refuses a method as Chroma's own server does.
  refused(label) {
    if (this.methods[label] === "unused") {
      this.methods[label] = "refused";
    }
  }

  ofState(state) {
    return Object.keys(this.methods).filter((label) => this.methods[label] === state).sort();
  }
}
