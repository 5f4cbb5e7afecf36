"""From images to vectors and from vectors to classes: model cards, their weights, embedders and nearest neighbours."""
