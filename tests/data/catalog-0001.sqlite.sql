-- A catalogue of schema 0001, frozen: never written anew. Every later facies must open it and read what is in it.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE collections (
	name VARCHAR(100) NOT NULL, 
	preset VARCHAR(40) NOT NULL, 
	created_at DATETIME NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "collections" VALUES('microfossils','microfossils','2026-01-02 03:04:05.678901');
INSERT INTO "collections" VALUES('figures','figures','2026-01-02 03:04:06.789000');
CREATE TABLE fields (
	collection VARCHAR(100) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	PRIMARY KEY (collection, name), 
	FOREIGN KEY(collection) REFERENCES collections (name) ON DELETE CASCADE
);
INSERT INTO "fields" VALUES('microfossils','well','keyword');
INSERT INTO "fields" VALUES('microfossils','depth_m','float');
INSERT INTO "fields" VALUES('microfossils','slide','integer');
CREATE TABLE images (
	collection VARCHAR(100) NOT NULL, 
	id VARCHAR(36) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	page INTEGER, 
	uri TEXT NOT NULL, 
	width INTEGER NOT NULL, 
	height INTEGER NOT NULL, 
	format VARCHAR(16) NOT NULL, 
	scaling TEXT NOT NULL, 
	metadata JSON NOT NULL, 
	label TEXT, 
	state VARCHAR(16), 
	PRIMARY KEY (collection, id), 
	FOREIGN KEY(collection) REFERENCES collections (name) ON DELETE CASCADE
);
INSERT INTO "images" VALUES('microfossils','00000000-0000-5000-8000-000000000001','1111111111111111111111111111111111111111111111111111111111111111',NULL,'/slides/Åre/azolla 1.jpg',640,480,'JPEG','uint8','{"well": "6407/6-5", "depth_m": 1200.5, "slide": 7}','azolla','validated');
INSERT INTO "images" VALUES('microfossils','00000000-0000-5000-8000-000000000002','2222222222222222222222222222222222222222222222222222222222222222',0,'s3://slides/stack.tif',512,512,'TIFF','uint16 / 4095','{"depth_m": 1300}',NULL,NULL);
INSERT INTO "images" VALUES('microfossils','00000000-0000-5000-8000-000000000003','2222222222222222222222222222222222222222222222222222222222222222',1,'s3://slides/stack.tif',512,512,'TIFF','uint16 / 4095','{}','spore','predicted');
CREATE TABLE label_events (
	id INTEGER NOT NULL, 
	collection VARCHAR(100) NOT NULL, 
	image_id VARCHAR(36) NOT NULL, 
	label TEXT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	source TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(collection) REFERENCES collections (name) ON DELETE CASCADE
);
INSERT INTO "label_events" VALUES(1,'microfossils','00000000-0000-5000-8000-000000000001','azolla','validated','import','ann','2026-01-02 03:04:01.000000');
INSERT INTO "label_events" VALUES(2,'microfossils','00000000-0000-5000-8000-000000000004','bisaccate','validated','import','ann','2026-01-02 03:04:02.000000');
INSERT INTO "label_events" VALUES(3,'microfossils','00000000-0000-5000-8000-000000000003','spore','predicted','model','knn','2026-01-02 03:04:03.000000');
CREATE TABLE vectors (
	collection VARCHAR(100) NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	position INTEGER NOT NULL, 
	dim INTEGER NOT NULL, 
	card TEXT NOT NULL, 
	weights_sha256 TEXT NOT NULL, 
	preprocessing TEXT NOT NULL, 
	recipe TEXT NOT NULL, 
	runtime TEXT NOT NULL, 
	precision TEXT NOT NULL, 
	PRIMARY KEY (collection, name), 
	CONSTRAINT uq_vectors_position UNIQUE (collection, position), 
	FOREIGN KEY(collection) REFERENCES collections (name) ON DELETE CASCADE
);
INSERT INTO "vectors" VALUES('microfossils','scampi-vits16',0,384,'scampi-vits16','abababababababababababababababababababababababababababababababab','squash 256, crop 224','cls','torch','f32');
INSERT INTO "vectors" VALUES('microfossils','efficientnet-lite0',1,1280,'efficientnet-lite0','5757575757575757575757575757575757575757575757575757575757575757','squash 256, crop 224','final layer','torch','f32');
INSERT INTO "vectors" VALUES('figures','efficientnet-lite0',0,1280,'efficientnet-lite0','5757575757575757575757575757575757575757575757575757575757575757','squash 256, crop 224','final layer','torch','f32');
CREATE INDEX ix_images_sha256 ON images (collection, sha256);
CREATE INDEX ix_images_label ON images (collection, label, id);
CREATE INDEX ix_label_events_image ON label_events (collection, image_id, id);
COMMIT;
